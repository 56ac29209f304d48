import { goesWith, isAssertion, isProduction } from './conditions.ts';
import type { Rule } from './rule.ts';

/** What the sign-in with an assertion needs. */
export const assertionRules: readonly Rule[] = [
  goesWith('assertion', 'ASSERTION_ISSUER'),
  goesWith('assertion', 'ASSERTION_AUDIENCE'),
  {
    names: ['ASSERTION_JWKS_URL', 'ASSERTION_PUBLIC_KEY', 'PORTAL_AUTH'],
    holds: (s) =>
      [s.ASSERTION_JWKS_URL, s.ASSERTION_PUBLIC_KEY].filter((given) => given !== undefined).length ===
      (isAssertion(s) ? 1 : 0),
    otherwise:
      'give exactly one of ASSERTION_JWKS_URL and ASSERTION_PUBLIC_KEY with PORTAL_AUTH=assertion, else neither',
  },
  {
    names: ['ASSERTION_JWKS_URL', 'NODE_ENV'],
    holds: (s) => !isProduction(s) || !s.ASSERTION_JWKS_URL?.startsWith('http:'),
    otherwise: 'must be https when NODE_ENV is production',
  },
];
