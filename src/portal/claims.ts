import type { ClaimsConfig } from '../config/portal-config.ts';
import { type Claims, isTrue, own } from './claim.ts';
import { countingBy, EMAILS, emailClaim, first, MAX_EMAIL, VERIFIED } from './email-claims.ts';
import { readGroupList, type ToldGroups } from './groups.ts';
import { LoginRefusedError } from './portal-auth.ts';
import { sameEmail } from './same-email.ts';
import { isText, MAX_ID, MAX_NAME, namesForLog, readText, type ToldUser, understood } from './told-user.ts';

const MAX_OTHER = 1_024;
const NAME_PARTS = ['given_name', 'middle_name', 'family_name'];
/** By which Entra ID says that there are more groups than it sends. */
const OVERAGE = ['_claim_names', '_claim_sources', 'hasgroups'];

/**
 * The claims of an ID token, completed by those of the user info (OpenID Connect Core 1.0 §5.3). The ID token's count
 * first. Claims that say something only together come from one of the two: an address that one calls verified says
 * nothing of the other's address.
 */
export function completeClaims(idToken: Claims, userInfo: Claims, config: ClaimsConfig): Claims {
  const merged = new Map(Object.entries({ ...userInfo, ...idToken }));
  for (const { members, isToldBy } of families(config)) {
    const isIn = (claims: Claims) => members.some((claim) => Object.hasOwn(claims, claim));
    const source = [idToken, userInfo].find(isToldBy) ?? [idToken, userInfo].find(isIn) ?? idToken;
    for (const claim of members) {
      merged.delete(claim);
      if (Object.hasOwn(source, claim)) merged.set(claim, source[claim]);
    }
  }
  return Object.fromEntries(merged);
}

interface Family {
  readonly members: readonly string[];
  readonly isToldBy: (claims: Claims) => boolean;
}

/** The e-mail comes last: whatever else is read from its claims comes from where it does. */
function families({ names, trustEmail }: ClaimsConfig): readonly Family[] {
  const has = (claim: string) => (claims: Claims) => Object.hasOwn(claims, claim);
  return [
    { members: [names.name, ...NAME_PARTS], isToldBy: has(names.name) },
    {
      members: [names.groups, ...OVERAGE],
      isToldBy: (claims) => [names.groups, '_claim_names', 'hasgroups'].some((claim) => has(claim)(claims)),
    },
    {
      members: [names.email, ...EMAILS, VERIFIED],
      isToldBy: (claims) =>
        emailClaim(claims, names.email) !== undefined &&
        (trustEmail || (has(VERIFIED)(claims) && emailClaim(claims, 'email') !== undefined)),
    },
  ];
}

/**
 * Whom verified claims describe, small enough for a session's record. Throws a `LoginRefusedError` when they do not say
 * who it is, or name a tenant that cannot be understood.
 */
export function toldByClaims(claims: Claims, config: ClaimsConfig): ToldUser {
  const { names } = config;
  const { isEmail, counts, counting } = countingBy(claims, config);
  const told = namesForLog(Object.keys(claims));

  const id = counting(names.id);
  if (!isText(id, MAX_ID)) {
    const claim = !counts(names.id) && Object.hasOwn(claims, names.id) ? VERIFIED : names.id;
    throw new LoginRefusedError('bad_request', 'The sign-in does not say who it is: CLAIM_ID is not told.', {
      details: { claim, told },
    });
  }
  const listed = emailClaim(claims, names.email);
  const email = listed === undefined ? undefined : readText(first(counting(listed)), MAX_EMAIL);
  const groups = groupsOf(claims, names);
  return {
    id,
    tenant: tenantOf(claims),
    name: readText(counting(names.name), MAX_NAME),
    email,
    groups,
    claims: Object.fromEntries(
      names.others
        .map((other) => [other, counting(other)] as const)
        .filter(([, value]) => value !== undefined && JSON.stringify(value).length <= MAX_OTHER),
    ),
    holds(claim, value) {
      if (claim === names.groups) return understood(groups)?.includes(value) === true;
      if (!isEmail(claim)) return textsOf(own(claims, claim)).includes(value);
      const address = claim === names.email ? understood(email) : first(counting(claim));
      return typeof address === 'string' && sameEmail(address, value);
    },
    told,
    get missingForEmail() {
      if (!counts(listed ?? names.email)) return VERIFIED;
      return understood(email) === undefined ? names.email : undefined;
    },
  };
}

/** Those of the named claims that these do not tell: an e-mail that does not count is none. */
export function missingClaims(
  claims: Claims,
  names: readonly string[],
  config: ClaimsConfig,
): readonly string[] {
  const { counting } = countingBy(claims, config);
  const isTold = (claim: string) =>
    counting((claim === config.names.email ? emailClaim(claims, claim) : undefined) ?? claim) !== undefined;
  return names.filter((claim) => !isTold(claim));
}

/** A value, or those in a list, as texts. */
function textsOf(value: unknown): string[] {
  return [value]
    .flat()
    .flatMap((one) => (['string', 'number', 'boolean'].includes(typeof one) ? [String(one)] : []));
}

/** The tenant that the portal names, if it names one. What cannot be understood must not count as none. */
function tenantOf(claims: Claims): string | undefined {
  const tenant = own(claims, 'tenant') ?? '';
  if (tenant === '') return undefined;
  if (!isText(tenant, MAX_ID))
    throw new LoginRefusedError('bad_request', 'The sign-in names a tenant that cannot be understood.');
  return tenant;
}

function groupsOf(claims: Claims, { groups: name, groupMembers }: ClaimsConfig['names']): ToldGroups {
  const elsewhere = own(claims, '_claim_names');
  const hasMore =
    (typeof elsewhere === 'object' && elsewhere !== null && Object.hasOwn(elsewhere, name)) ||
    (name === 'groups' && isTrue(own(claims, 'hasgroups')));
  return hasMore ? { why: 'overage' } : readGroupList(own(claims, name), groupMembers);
}
