import { goesWith, isProduction } from './conditions.ts';
import type { Rule } from './rule.ts';

/** What the sign-in with an OpenID Connect provider needs. */
export const oidcRules: readonly Rule[] = [
  goesWith('oidc', 'OIDC_ISSUER'),
  goesWith('oidc', 'OIDC_CLIENT_ID'),
  goesWith('oidc', 'OIDC_CLIENT_SECRET'),
  {
    names: ['OIDC_ISSUER', 'NODE_ENV'],
    holds: (s) => !isProduction(s) || !s.OIDC_ISSUER?.startsWith('http:'),
    otherwise: 'must be https when NODE_ENV is production',
  },
  {
    names: ['OIDC_SCOPE'],
    holds: (s) => s.OIDC_SCOPE.split(' ').includes('openid'),
    otherwise: 'must hold `openid`',
  },
];
