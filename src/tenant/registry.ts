/** What became of a tenant. `changed` brings the new one; the old one is closed once every listener has returned. */
export type RegistryChange<T> =
  | { readonly type: 'added' | 'removed'; readonly tenant: T }
  | { readonly type: 'changed'; readonly tenant: T; readonly before: T };

/** The tenants that are served, by name. A look at them never sees half a change. */
export interface TenantRegistry<T> {
  get(name: string): T | undefined;
  /** All of them as of now: an array that does not change. */
  all(): readonly T[];
  /** Serves a tenant, under its name, in place of the one that had the name. Resolves when that one is closed. */
  put(tenant: T): Promise<void>;
  /** Serves it no more. Resolves when it is closed; does nothing without one. */
  remove(name: string): Promise<void>;
  /** Calls back, at once, with each change from now on; the returned function ends that. */
  subscribe(listener: (change: RegistryChange<T>) => void): () => void;
  /** Closes all tenants. */
  close(): Promise<void>;
}

/** Copy-on-write: a change replaces the whole map, so that readers need no lock and keep what they looked at. */
export function createTenantRegistry<
  T extends { readonly name: string; close(): Promise<void> },
>(): TenantRegistry<T> {
  let tenants: ReadonlyMap<string, T> = new Map();
  let list: readonly T[] = [];
  let listeners: readonly ((change: RegistryChange<T>) => void)[] = [];

  function become(next: ReadonlyMap<string, T>, change: RegistryChange<T>): void {
    tenants = next;
    list = [...next.values()];
    for (const listener of listeners) listener(change);
  }

  return {
    get: (name) => tenants.get(name),
    all: () => list,

    async put(tenant) {
      const before = tenants.get(tenant.name);
      const next = new Map(tenants).set(tenant.name, tenant);
      become(next, before ? { type: 'changed', tenant, before } : { type: 'added', tenant });
      await before?.close();
    },

    async remove(name) {
      const tenant = tenants.get(name);
      if (!tenant) return;
      const next = new Map(tenants);
      next.delete(name);
      become(next, { type: 'removed', tenant });
      await tenant.close();
    },

    subscribe(listener) {
      listeners = [...listeners, listener];
      return () => {
        listeners = listeners.filter((other) => other !== listener);
      };
    },

    async close() {
      await Promise.all(list.map((tenant) => tenant.close()));
    },
  };
}
