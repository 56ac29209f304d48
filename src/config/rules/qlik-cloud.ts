import { eitherOf, goesWith } from './companions.ts';
import { isProduction, isSet } from './conditions.ts';
import type { Rule } from './rule.ts';

/** The tenant and the client that impersonates. */
export const qlikCloudRules: readonly Rule[] = [
  {
    names: ['QLIK_TENANT_URL', 'NODE_ENV'],
    holds: (s) => !isProduction(s) || s.QLIK_TENANT_URL.startsWith('https:'),
    otherwise: 'must be https when NODE_ENV is production',
  },
  ...eitherOf(['QLIK_CLIENT_SECRET', 'QLIK_CLIENT_PRIVATE_KEY'], 'the secret of the OAuth client'),
  ...goesWith(
    isSet('QLIK_CLIENT_PRIVATE_KEY'),
    'QLIK_CLIENT_KEY_ID',
    'the `kid` under which its public key is registered at the tenant',
  ),
];
