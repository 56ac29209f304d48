import { deadlinesOf } from '../../src/config/deadlines.ts';
import { Secret } from '../../src/config/secret.ts';
import type { TenantConfig } from '../../src/config/tenant-config.ts';

/** What a tenant is configured as, with these changes. */
export function tenantConfig(changes: Partial<TenantConfig> = {}): TenantConfig {
  return {
    name: 'acme',
    url: 'https://acme.eu.qlikcloud.com',
    ca: undefined,
    client: { id: 'client-1', secret: new Secret('secret-of-client-1') },
    scope: 'user_default',
    mapping: { by: 'subject' },
    deny: [],
    limits: { concurrency: 8, budget: { limit: 90, windowMs: 60_000 } },
    origins: [],
    ...changes,
  };
}

export const DEADLINES = deadlinesOf(8_000);
