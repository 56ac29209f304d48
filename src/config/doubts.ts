import type { Rate } from '../lib/rate-limiter.ts';
import { HOUR_MS, isByHeaders, isDemo } from './rules/conditions.ts';
import type { Rule } from './rules/rule.ts';
import type { Settings } from './settings.ts';

/** Of Qlik Cloud’s tier 2, for each tenant. */
const TENANT_CALLS_A_MINUTE = 100;
const MINUTE_MS = 60_000;
/** How long Qlik Cloud’s tokens live. */
const TOKEN_LIFETIME_MS = 6 * HOUR_MS;

/** What contradicts nothing when it does not hold, and is probably not meant so: it is told, and the service starts. */
export const doubts: readonly Rule[] = [
  {
    names: ['TRUSTED_PROXIES', 'PUBLIC_URL'],
    holds: (s) => s.PUBLIC_URL.protocol !== 'https:' || s.TRUSTED_PROXIES.length > 0,
    otherwise:
      'is empty, though with a PUBLIC_URL of https something in front ends TLS: all clients will look like one address',
  },
  {
    names: ['HTTP_PROXY', 'HTTPS_PROXY'],
    holds: (s) => s.HTTP_PROXY === undefined || s.HTTPS_PROXY !== undefined,
    otherwise: 'is for plain http alone: the tenant is called by https, for which HTTPS_PROXY is',
  },
  {
    names: ['NO_PROXY'],
    holds: (s) => s.NO_PROXY.unread.length === 0,
    otherwise: 'holds parts that are no host name, address or CIDR range, and match nothing',
  },
  {
    names: ['CLAIM_EMAIL', 'TRUST_EMAIL', ...isByHeaders.names],
    holds: (s) => !isByClaims(s) || s.CLAIM_EMAIL === 'email' || s.TRUST_EMAIL,
    otherwise:
      'is not `email`, the only claim that `email_verified` speaks of: without TRUST_EMAIL=true it counts only when it is the same address as a verified `email`',
  },
  {
    names: ['SIGN_IN_REQUIRE', 'PROXY_GROUPS_SEPARATOR', ...isByHeaders.names],
    holds: (s) =>
      !isByHeaders.holds(s) ||
      s.PROXY_GROUPS_SEPARATOR !== ',' ||
      s.SIGN_IN_REQUIRE.every(({ claim }) => claim !== 'groups'),
    otherwise:
      'names `groups`, which commas separate: whoever may name a group can write another one’s name into it. With PROXY_GROUPS_SEPARATOR=| or ; the gateway must send that',
  },
  {
    names: ['QLIK_SCOPE'],
    holds: (s) => !s.QLIK_SCOPE.split(' ').some((name) => /^admin/i.test(name)),
    otherwise: 'holds an admin scope: every page gets a token with those rights',
  },
  {
    names: ['TENANT_BUDGET'],
    holds: (s) => mostInAMinute(s.TENANT_BUDGET) <= TENANT_CALLS_A_MINUTE,
    otherwise:
      'allows more in a minute than the 100 calls of tier 2 that Qlik Cloud grants a tenant: it will throttle them',
  },
  {
    names: ['TOKEN_REFRESH_BEFORE'],
    holds: (s) => s.TOKEN_REFRESH_BEFORE < TOKEN_LIFETIME_MS,
    otherwise:
      'is no less than the six hours that Qlik Cloud’s tokens live: each use renews the token, at the cost of the budget',
  },
];

/** Claims that somebody signed say who it is. */
function isByClaims(s: Settings): boolean {
  return !isDemo(s) && !isByHeaders.holds(s);
}

/** A budget may be spent at once, and is whole again after its window. */
function mostInAMinute({ limit, windowMs }: Rate): number {
  return limit * Math.max(1, MINUTE_MS / windowMs);
}
