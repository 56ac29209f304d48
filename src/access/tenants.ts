import type { TenantConfig } from '../config/tenant-config.ts';
import type { Directory } from '../directory/directory.ts';
import { createTenantDirectory, type TenantDirectoryDeps } from '../directory/tenant-directory.ts';
import type { PortalUser } from '../portal/portal-user.ts';
import type { TenantRegistry } from '../tenant/registry.ts';
import { createTenant, type Tenant, type TenantDeps } from '../tenant/tenant.ts';
import { TokenError } from '../tenant/token-error.ts';
import type { TenantOf } from '../token/tenant-of.ts';

/** A tenant, and which of its users the portal's users are: made and closed together. */
export interface ServedTenant {
  readonly name: string;
  readonly tenant: Tenant;
  readonly directory: Directory;
  close(): Promise<void>;
}

export type ServedTenantDeps = TenantDeps & Omit<TenantDirectoryDeps, 'tenant' | 'mapping'>;

/** Throws a plain `Error` when a file that its configuration names is broken. */
export function createServedTenant(config: TenantConfig, deps: ServedTenantDeps): ServedTenant {
  const tenant = createTenant(config, deps);
  const directory = createTenantDirectory({ ...deps, tenant, mapping: config.mapping });
  return {
    name: config.name,
    tenant,
    directory,
    async close() {
      directory.close();
      await tenant.close();
    },
  };
}

/** Whose tenant is whose. */
export interface Tenants {
  /** The one that a portal user belongs to. */
  of(user: PortalUser): ServedTenant;
  /** All of them as of now. */
  all(): readonly ServedTenant[];
}

/** There is one tenant, and it is everybody's. */
export function createTenants(registry: TenantRegistry<ServedTenant>): Tenants {
  return {
    of() {
      const [only] = registry.all();
      if (!only) throw unserved();
      return only;
    },
    all: registry.all,
  };
}

/** Finds the tenants of token keys, as they are served now: one with another client or scope is another tenant. */
export function findTenants(registry: TenantRegistry<ServedTenant>): TenantOf {
  return ({ name, url, clientId, scope }) => {
    const tenant = registry.get(name)?.tenant;
    if (!tenant || tenant.url !== url || tenant.clientId !== clientId || tenant.scope !== scope)
      throw unserved();
    return tenant;
  };
}

function unserved(): TokenError {
  return new TokenError('tenant_unavailable', 'This tenant is no longer served.');
}
