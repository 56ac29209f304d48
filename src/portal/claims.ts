import type { ClaimsConfig } from '../config/portal-config.ts';
import { LoginRefusedError } from './portal-auth.ts';
import type { PortalUser } from './portal-user.ts';

/** Claims of a token whose signature, issuer, audience and times have been verified. */
export type Claims = Readonly<Record<string, unknown>>;

/** Of an id, in characters. */
export const MAX_ID = 256;
const MAX_NAME = 256;
/** RFC 5321 §4.5.3.1: 64 + `@` + 255. */
const MAX_EMAIL = 320;
const MAX_GROUPS = 500;
const MAX_GROUP_NAMES = 16_384;
const MAX_OTHER = 1_024;
const NAME_PARTS = ['given_name', 'middle_name', 'family_name'];

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
      // Entra ID says so that there are more groups than it sends.
      members: [names.groups, '_claim_names', '_claim_sources'],
      isToldBy: (claims) => has(names.groups)(claims) || has('_claim_names')(claims),
    },
    {
      members: [names.email, 'email', 'email_verified'],
      isToldBy: (claims) => has(names.email)(claims) && (trustEmail || has('email_verified')(claims)),
    },
  ];
}

/**
 * The user that verified claims describe, small enough for a session's record: what is too long, or of another type
 * than it should be, is left out, as if the portal had not told it. Throws a `LoginRefusedError` when the claims do
 * not identify anybody.
 */
export function userFromClaims(claims: Claims, config: ClaimsConfig): PortalUser {
  const { names } = config;
  const told = toldBy(claims, config);
  const id = told(names.id);
  if (!isText(id, MAX_ID)) {
    throw new LoginRefusedError('bad_request', 'The sign-in does not say who it is: CLAIM_ID is not told.');
  }
  const tenant = tenantOf(claims);
  const name = told(names.name);
  const email = told(names.email);
  const groups = groupsOf(claims, names.groups);
  const others = names.others
    .map((other) => [other, told(other)] as const)
    .filter(([, value]) => value !== undefined && JSON.stringify(value).length <= MAX_OTHER);
  return {
    id,
    ...(isText(name, MAX_NAME) && { name }),
    ...(isText(email, MAX_EMAIL) && { email }),
    ...(groups && { groups }),
    ...(tenant !== undefined && { tenant }),
    ...(others.length > 0 && { claims: Object.fromEntries(others) }),
  };
}

/** Those of the needed claims that these do not tell: an e-mail that does not count is none. */
export function missingClaims(
  claims: Claims,
  needed: readonly string[],
  config: ClaimsConfig,
): readonly string[] {
  const told = toldBy(claims, config);
  return needed.filter((claim) => told(claim) === undefined);
}

/** What the claims tell by name, as far as it counts. */
function toldBy(claims: Claims, { names, trustEmail }: ClaimsConfig): (claim: string) => unknown {
  const emailCounts = trustEmail || own(claims, 'email_verified') === true;
  return (claim) =>
    emailCounts || (claim !== names.email && claim !== 'email') ? own(claims, claim) : undefined;
}

/** The tenant that the portal names, if it names one. What cannot be understood must not count as none. */
function tenantOf(claims: Claims): string | undefined {
  const tenant = own(claims, 'tenant') ?? '';
  if (tenant === '') return undefined;
  if (!isText(tenant, MAX_ID))
    throw new LoginRefusedError('bad_request', 'The sign-in names a tenant that cannot be understood.');
  return tenant;
}

/**
 * All groups, or undefined when that cannot be known: without the claim, which is also how Entra ID tells of more groups
 * than it sends (`_claim_names`), or when some of them cannot be understood or kept.
 */
function groupsOf(claims: Claims, name: string): string[] | undefined {
  const groups = own(claims, name);
  const complete =
    Array.isArray(groups) &&
    groups.length <= MAX_GROUPS &&
    groups.every((group) => isText(group, MAX_NAME)) &&
    groups.join('').length <= MAX_GROUP_NAMES;
  return complete ? [...new Set<string>(groups)] : undefined;
}

/** A claim, never something that every object has. */
function own(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

/** A text of one line that is not empty. */
export function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxLength && !/\p{Cc}/u.test(value);
}
