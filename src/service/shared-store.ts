import type { Emit } from '../events.ts';
import type { Clock } from '../lib/clock.ts';
import type { Rate } from '../lib/rate-limiter.ts';
import type { CallLimits, CallLimitsOptions } from '../store/call-limits.ts';
import type { Leases } from '../store/leases.ts';
import { createMemoryCallLimits } from '../store/memory/call-limits.ts';
import { createMemoryLeases } from '../store/memory/leases.ts';
import { createMemoryRate } from '../store/memory/rate.ts';
import { createMemoryStore } from '../store/memory/records.ts';
import type { RecordStore } from '../store/record-store.ts';
import type { SharedRate } from '../store/shared-rate.ts';

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
  /** A rate that they keep to together; the name says of what. */
  readonly createRate: (name: string, rate: Rate) => SharedRate;
  /** What they keep to together in their calls to a tenant. */
  readonly createCallLimits: (tenantUrl: string, options: CallLimitsOptions) => CallLimits;
}

/** What one replica alone keeps in its memory. */
export function inMemory(clock: Clock, store = createMemoryStore({ now: clock.now })): SharedStore {
  return {
    store,
    leases: createMemoryLeases(clock),
    createRate: (_, rate) => createMemoryRate(rate, clock.now),
    createCallLimits: (_, options) => createMemoryCallLimits({ ...options, now: clock.now }),
  };
}
