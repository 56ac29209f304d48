import type { TenantConfig } from '../config/tenant-config.ts';
import type { Directory } from '../directory/directory.ts';
import { createTenantDirectory, type TenantDirectoryDeps } from '../directory/tenant-directory.ts';
import { lowerAscii } from '../lib/ascii.ts';
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
  /** The one that a portal user belongs to. Throws a `TokenError`, such as `tenant_unknown`. */
  of(user: PortalUser): ServedTenant;
  /** The same; undefined when there is none. */
  find(user: PortalUser): ServedTenant | undefined;
  /** All of them as of now. */
  all(): readonly ServedTenant[];
}

/** There is one tenant: that of everybody for whom the portal names no other one. */
export function createTenants(registry: TenantRegistry<ServedTenant>): Tenants {
  function find({ tenant: named }: PortalUser): ServedTenant | undefined {
    const [only] = registry.all();
    return only && (named === undefined || isNamed(only, named)) ? only : undefined;
  }

  return {
    of(user) {
      if (registry.all().length === 0) throw unserved();
      const tenant = find(user);
      if (!tenant) throw new TokenError('tenant_unknown', 'This user’s tenant is not served here.');
      return tenant;
    },
    find,
    all: registry.all,
  };
}

/** By its URL or its host name. The names of hosts have no case, but for ASCII alone. */
function isNamed({ tenant: { url } }: ServedTenant, named: string): boolean {
  const name = lowerAscii(named);
  return [url, `${url}/`, new URL(url).host].includes(name);
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
