import { certificates, privateKey } from '../kinds/keys.ts';
import { count, rate } from '../kinds/numbers.ts';
import { scope, secret, text } from '../kinds/texts.ts';
import { tenantUrl } from '../kinds/urls.ts';
import type { Setting } from './setting.ts';

/** The tenant, and the OAuth clients with which it is called. */
export const qlikCloud = {
  QLIK_TENANT_URL: {
    kind: tenantUrl,
    required: true,
    doc: 'The tenant, such as `https://acme.eu.qlikcloud.com`. `http:` only for a sandbox on loopback, outside of production.',
  },
  QLIK_CLIENT_ID: {
    kind: text,
    required: true,
    doc: 'The OAuth client that may impersonate users, with trusted consent.',
  },
  QLIK_CLIENT_SECRET: {
    kind: secret(),
    usual: true,
    fromFile: true,
    doc: 'Its secret; or else `QLIK_CLIENT_PRIVATE_KEY`.',
  },
  QLIK_CLIENT_PRIVATE_KEY: {
    kind: privateKey,
    fromFile: true,
    doc: 'Key with which the client signs assertions (`private_key_jwt`), instead of a secret.',
  },
  QLIK_CLIENT_KEY_ID: {
    kind: text,
    doc: 'The `kid` under which the public key is registered at the tenant.',
  },
  QLIK_SCOPE: { kind: scope, default: 'user_default', doc: 'Scope of the tokens.' },
  QLIK_CA: { kind: certificates, fromFile: true, doc: 'CA certificates to trust besides the usual ones.' },
  QLIK_ADMIN_CLIENT_ID: {
    kind: text,
    doc: 'The machine-to-machine OAuth client that finds, creates and groups users; for `USER_MAPPING=lookup` and `provision` only.',
  },
  QLIK_ADMIN_CLIENT_SECRET: { kind: secret(), fromFile: true, doc: 'Its secret.' },
  TENANT_CONCURRENCY: {
    kind: count,
    default: '8',
    doc: 'Calls to the tenant at once, of all replicas together.',
  },
  TENANT_BUDGET: {
    kind: rate,
    default: '90/min',
    doc: 'Calls of Qlik Cloud’s tier 2 (100 a minute): tokens minted and revoked, users created and changed; of all replicas together.',
  },
} as const satisfies Record<string, Setting>;
