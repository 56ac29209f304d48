import { goesWith, noUseWithout } from './companions.ts';
import { signInBy } from './conditions.ts';
import { httpsInProduction } from './in-production.ts';
import type { Rule } from './rule.ts';

const oidc = signInBy('oidc');

/** What the sign-in with an OpenID Connect provider needs. */
export const oidcRules: readonly Rule[] = [
  ...goesWith(oidc, 'OIDC_ISSUER', 'the identity provider, as it spells its own `issuer`'),
  ...goesWith(oidc, 'OIDC_CLIENT_ID', 'the client that is registered at the provider for this service'),
  ...goesWith(oidc, 'OIDC_CLIENT_SECRET', 'the secret of that client'),
  noUseWithout(oidc, 'OIDC_SCOPE'),
  noUseWithout(oidc, 'OIDC_DISCOVERY_URL'),
  noUseWithout(oidc, 'OIDC_PARAMS'),
  httpsInProduction('OIDC_ISSUER'),
  httpsInProduction('OIDC_DISCOVERY_URL'),
  {
    names: ['OIDC_SCOPE'],
    holds: (s) => s.OIDC_SCOPE.split(' ').includes('openid'),
    otherwise: 'must hold `openid`',
  },
];
