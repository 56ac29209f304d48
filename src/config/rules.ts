import type { Rate } from '../lib/rate-limiter.ts';
import { assertionRules } from './rules/assertion.ts';
import { HOUR_MS, isByHeaders, isDemo } from './rules/conditions.ts';
import { gatewayRules } from './rules/gateway.ts';
import { listeningRules } from './rules/listening.ts';
import { oidcRules } from './rules/oidc.ts';
import { portalSignInRules } from './rules/portal-sign-in.ts';
import { qlikCloudRules } from './rules/qlik-cloud.ts';
import type { Rule } from './rules/rule.ts';
import { sessionRules } from './rules/sessions.ts';
import { severalReplicasRules } from './rules/several-replicas.ts';
import { signedGatewayRules } from './rules/signed-gateway.ts';
import { tokenRules } from './rules/tokens.ts';
import { whichQlikUserRules } from './rules/which-qlik-user.ts';
import type { SettingName, Settings } from './settings.ts';

/** A problem with a setting, worded for the operator who has to mend it. */
export interface Issue {
  readonly name: string;
  readonly message: string;
}

const rules: readonly Rule[] = [
  ...listeningRules,
  ...qlikCloudRules,
  ...portalSignInRules,
  ...oidcRules,
  ...gatewayRules,
  ...signedGatewayRules,
  ...assertionRules,
  ...sessionRules,
  ...severalReplicasRules,
  ...whichQlikUserRules,
  ...tokenRules,
];

/**
 * What contradicts what among the settings. `unusable` names those that have a problem of their own already; rules
 * that read one of them are passed over.
 */
export function contradictions(settings: Settings, unusable: ReadonlySet<string>): Issue[] {
  return rules
    .filter(({ names, holds }) => !names.some((name) => unusable.has(name)) && !holds(settings))
    .map(({ names, otherwise }) => ({ name: names[0], message: otherwise }));
}

/** Of Qlik Cloud’s tier 2, for each tenant. */
const TENANT_CALLS_A_MINUTE = 100;
const MINUTE_MS = 60_000;
/** How long Qlik Cloud’s tokens live. */
const TOKEN_LIFETIME_MS = 6 * HOUR_MS;

/** What contradicts nothing, and is probably not meant so. */
export function doubts(s: Settings): Issue[] {
  const found: Issue[] = [];
  const doubt = (name: SettingName, message: string) => found.push({ name, message });

  if (s.PUBLIC_URL.protocol === 'https:' && s.TRUSTED_PROXIES.length === 0)
    doubt(
      'TRUSTED_PROXIES',
      'is empty, though with a PUBLIC_URL of https something in front ends TLS: all clients will look like one address',
    );
  if (s.HTTP_PROXY && !s.HTTPS_PROXY)
    doubt('HTTP_PROXY', 'is for plain http alone: the tenant is called by https, for which HTTPS_PROXY is');
  if (s.NO_PROXY.unread.length > 0)
    doubt('NO_PROXY', 'holds parts that are no host name, address or CIDR range, and match nothing');
  if (isByClaims(s) && s.CLAIM_EMAIL !== 'email' && !s.TRUST_EMAIL)
    doubt(
      'CLAIM_EMAIL',
      'is not `email`, the only claim that `email_verified` speaks of: without TRUST_EMAIL=true it counts only when it is the same address as a verified `email`',
    );
  if (
    isByHeaders.holds(s) &&
    s.PROXY_GROUPS_SEPARATOR === ',' &&
    s.SIGN_IN_REQUIRE.some(({ claim }) => claim === 'groups')
  )
    doubt(
      'SIGN_IN_REQUIRE',
      'names `groups`, which commas separate: whoever may name a group can write another one’s name into it. With PROXY_GROUPS_SEPARATOR=| or ; the gateway must send that',
    );
  if (s.QLIK_SCOPE.split(' ').some((name) => /^admin/i.test(name)))
    doubt('QLIK_SCOPE', 'holds an admin scope: every page gets a token with those rights');
  if (mostInAMinute(s.TENANT_BUDGET) > TENANT_CALLS_A_MINUTE)
    doubt(
      'TENANT_BUDGET',
      'allows more in a minute than the 100 calls of tier 2 that Qlik Cloud grants a tenant: it will throttle them',
    );
  if (s.TOKEN_REFRESH_BEFORE >= TOKEN_LIFETIME_MS)
    doubt(
      'TOKEN_REFRESH_BEFORE',
      'is no less than the six hours that Qlik Cloud’s tokens live: each use renews the token, at the cost of the budget',
    );
  return found;
}

/** Claims that somebody signed say who it is. */
function isByClaims(s: Settings): boolean {
  return !isDemo(s) && !isByHeaders.holds(s);
}

/** A budget may be spent at once, and is whole again after its window. */
function mostInAMinute({ limit, windowMs }: Rate): number {
  return limit * Math.max(1, MINUTE_MS / windowMs);
}
