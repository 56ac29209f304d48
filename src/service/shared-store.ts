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

/** What one replica alone keeps in its memory. */
export function inMemory(clock: Clock, store = createMemoryStore({ now: clock.now })): SharedStore {
  return {
    store,
    leases: createMemoryLeases(clock),
    createCallLimits: (_, options) => createMemoryCallLimits({ ...options, now: clock.now }),
  };
}
