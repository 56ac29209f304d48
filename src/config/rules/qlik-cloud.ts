import { isProduction } from './conditions.ts';
import type { Rule } from './rule.ts';

/** The tenant and the client that impersonates. */
export const qlikCloudRules: readonly Rule[] = [
  {
    names: ['QLIK_TENANT_URL', 'NODE_ENV'],
    holds: (s) => !isProduction(s) || s.QLIK_TENANT_URL.startsWith('https:'),
    otherwise: 'must be https when NODE_ENV is production',
  },
  {
    names: ['QLIK_CLIENT_SECRET', 'QLIK_CLIENT_PRIVATE_KEY'],
    holds: (s) => (s.QLIK_CLIENT_SECRET === undefined) !== (s.QLIK_CLIENT_PRIVATE_KEY === undefined),
    otherwise: 'give exactly one of QLIK_CLIENT_SECRET and QLIK_CLIENT_PRIVATE_KEY',
  },
  {
    names: ['QLIK_CLIENT_KEY_ID', 'QLIK_CLIENT_PRIVATE_KEY'],
    holds: (s) => (s.QLIK_CLIENT_KEY_ID === undefined) === (s.QLIK_CLIENT_PRIVATE_KEY === undefined),
    otherwise: 'goes with QLIK_CLIENT_PRIVATE_KEY: give both or neither',
  },
];
