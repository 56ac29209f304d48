import { given } from './given.ts';
import type { Settings } from './settings.ts';
import type { ClientConfig, MappingConfig, TenantConfig } from './tenant-config.ts';

/** The one tenant of the `QLIK_*` settings. Its name is its host's. */
export function tenantOfSettings(s: Settings): TenantConfig {
  return {
    name: new URL(s.QLIK_TENANT_URL).host,
    url: s.QLIK_TENANT_URL,
    ca: s.QLIK_CA,
    client: clientConfig(s),
    scope: s.QLIK_SCOPE,
    mapping: mappingConfig(s),
    deny: s.USER_DENY,
    limits: { concurrency: s.TENANT_CONCURRENCY, budget: s.TENANT_BUDGET },
    origins: s.ALLOWED_ORIGINS,
  };
}

function clientConfig(s: Settings): ClientConfig {
  return s.QLIK_CLIENT_SECRET
    ? { id: s.QLIK_CLIENT_ID, secret: s.QLIK_CLIENT_SECRET }
    : {
        id: s.QLIK_CLIENT_ID,
        privateKey: given(s, 'QLIK_CLIENT_PRIVATE_KEY'),
        keyId: given(s, 'QLIK_CLIENT_KEY_ID'),
      };
}

function mappingConfig(s: Settings): MappingConfig {
  switch (s.USER_MAPPING) {
    case 'subject':
      return { by: 'subject' };
    case 'claim':
      return { by: 'claim', claim: given(s, 'USER_CLAIM') };
    case 'table':
      return { by: 'table', file: given(s, 'USER_TABLE') };
    case 'lookup':
    case 'provision':
      return {
        by: s.USER_MAPPING,
        managementClient: {
          id: given(s, 'QLIK_ADMIN_CLIENT_ID'),
          secret: given(s, 'QLIK_ADMIN_CLIENT_SECRET'),
        },
        rememberMs: s.USER_REMEMBER,
      };
  }
}
