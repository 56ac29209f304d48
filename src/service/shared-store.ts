import type { StoreConfig } from '../config/store-config.ts';
import type { Emit } from '../events.ts';
import type { Clock } from '../lib/clock.ts';
import type { CallLimits, CallLimitsOptions } from '../store/call-limits.ts';
import type { Leases } from '../store/leases.ts';
import { createMemoryCallLimits } from '../store/memory/call-limits.ts';
import { createMemoryLeases } from '../store/memory/leases.ts';
import { createMemoryStore } from '../store/memory/records.ts';
import type { RecordStore } from '../store/record-store.ts';

export interface SharedStoreDeps {
  readonly clock: Clock;
  readonly emit: Emit;
}

/** What the replicas share. */
export interface SharedStore {
  /** To be closed in the end, and with it the rest. */
  readonly store: RecordStore;
  /** Who of them does what only one should do; to be closed before the store. */
  readonly leases: Leases;
  /** What they keep to together in their calls to a tenant. */
  readonly createCallLimits: (tenantUrl: string, options: CallLimitsOptions) => CallLimits;
}

/** In Redis, whose code is loaded only then; or, for one replica alone, in its memory. */
export async function openSharedStore(config: StoreConfig, deps: SharedStoreDeps): Promise<SharedStore> {
  if (config.type === 'memory') return inMemory(deps.clock);
  // The Redis client would print all that it sends, the password first.
  delete process.env.DEBUG;
  return (await import('./redis-store.ts')).openRedisStore(config, deps);
}

/** What one replica alone keeps in its memory. */
export function inMemory(clock: Clock, store = createMemoryStore({ now: clock.now })): SharedStore {
  return {
    store,
    leases: createMemoryLeases(clock),
    createCallLimits: (_, options) => createMemoryCallLimits({ ...options, now: clock.now }),
  };
}
