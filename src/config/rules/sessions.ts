import { isAssertion } from './conditions.ts';
import type { Rule } from './rule.ts';

/** Sessions and their cookie. */
export const sessionRules: readonly Rule[] = [
  {
    names: ['SESSION_SAME_SITE', 'PUBLIC_URL', 'PORTAL_AUTH'],
    holds: (s) => s.SESSION_SAME_SITE !== 'none' || (isAssertion(s) && s.PUBLIC_URL.protocol === 'https:'),
    otherwise:
      '`none` is for PORTAL_AUTH=assertion and a PUBLIC_URL of https: other sign-ins navigate, and browsers drop such a cookie without Secure',
  },
  {
    names: ['SESSION_SECRET'],
    holds: (s) => s.SESSION_SECRET.length > 0,
    otherwise: 'holds no secret',
  },
  {
    names: ['SESSION_IDLE_TIMEOUT', 'SESSION_LIFETIME'],
    holds: (s) => s.SESSION_IDLE_TIMEOUT > 0 && s.SESSION_IDLE_TIMEOUT <= s.SESSION_LIFETIME,
    otherwise: 'must be more than nothing and at most SESSION_LIFETIME',
  },
];
