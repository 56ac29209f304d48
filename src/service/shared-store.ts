import type { Clock } from '../clock.ts';
import type { CallLimits, CallLimitsOptions } from '../store/call-limits.ts';
import type { Leases } from '../store/leases.ts';
import { createMemoryStore } from '../store/memory.ts';
import { createMemoryCallLimits } from '../store/memory-call-limits.ts';
import { createMemoryLeases } from '../store/memory-leases.ts';
import type { RecordStore } from '../store/record-store.ts';
import type { RedisStoreDeps } from './redis-store.ts';

/** What the replicas share. */
export interface SharedStore {
  /** To be closed in the end, and with it the rest. */
  readonly store: RecordStore;
  /** Who of them does what only one should do; to be closed before the store. */
  readonly leases: Leases;
  /** What they keep to together in their calls to a tenant. */
  readonly createCallLimits: (tenantUrl: string, options: CallLimitsOptions) => CallLimits;
}

/** What one replica alone keeps in its memory. */
export function inMemory(clock: Clock, store = createMemoryStore({ now: clock.now })): SharedStore {
  return {
    store,
    leases: createMemoryLeases(clock),
    createCallLimits: (_, options) => createMemoryCallLimits({ ...options, now: clock.now }),
  };
}

/** In Redis, whose code is loaded only then; or, for one replica alone, in its memory. */
export async function openSharedStore(deps: RedisStoreDeps): Promise<SharedStore> {
  const { REDIS_URL } = deps.settings;
  if (!REDIS_URL) return inMemory(deps.clock);
  return (await import('./redis-store.ts')).openRedisStore(REDIS_URL, deps);
}
