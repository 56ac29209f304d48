import { eitherOf, goesWith, noUseWithout } from './companions.ts';
import { signInBy } from './conditions.ts';
import { httpsInProduction } from './in-production.ts';
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
  httpsInProduction('ASSERTION_JWKS_URL'),
];
