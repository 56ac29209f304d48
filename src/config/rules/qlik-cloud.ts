import { eitherOf, goesWith } from './companions.ts';
import { isSet } from './conditions.ts';
import { httpsInProduction } from './in-production.ts';
import type { Rule } from './rule.ts';

/** The tenant and the client that impersonates. */
export const qlikCloudRules: readonly Rule[] = [
  httpsInProduction('QLIK_TENANT_URL'),
  ...eitherOf(['QLIK_CLIENT_SECRET', 'QLIK_CLIENT_PRIVATE_KEY'], 'the secret of the OAuth client'),
  ...goesWith(
    isSet('QLIK_CLIENT_PRIVATE_KEY'),
    'QLIK_CLIENT_KEY_ID',
    'the `kid` under which its public key is registered at the tenant',
  ),
];
