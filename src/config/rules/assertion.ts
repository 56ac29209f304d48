import { eitherOf, goesWith, noUseWithout } from './companions.ts';
import { isProduction, signInBy } from './conditions.ts';
import type { Rule } from './rule.ts';

const assertion = signInBy('assertion');

/** What the sign-in with an assertion needs. */
export const assertionRules: readonly Rule[] = [
  ...goesWith(assertion, 'ASSERTION_ISSUER', 'the `iss` of the portal’s assertions'),
  ...goesWith(assertion, 'ASSERTION_AUDIENCE', 'their `aud`, a name for this service'),
  ...eitherOf(
    ['ASSERTION_JWKS_URL', 'ASSERTION_PUBLIC_KEY'],
    'where the portal publishes its keys',
    assertion,
  ),
  noUseWithout(assertion, 'ASSERTION_JWKS_URL'),
  noUseWithout(assertion, 'ASSERTION_PUBLIC_KEY'),
  {
    names: ['ASSERTION_JWKS_URL', 'NODE_ENV'],
    holds: (s) => !isProduction(s) || !s.ASSERTION_JWKS_URL?.startsWith('http:'),
    otherwise: 'must be https when NODE_ENV is production',
  },
];
