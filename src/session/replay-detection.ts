import { hash } from 'node:crypto';
import type { RecordStore } from '../store/record-store.ts';

/** Sees that something happens once, on whichever replica. Each call can reject with a `StoreUnavailableError`. */
export interface ReplayDetection {
  /** False when that was claimed within the time that an earlier claim gave. `forMs` is more than nothing. */
  claim(what: string, forMs: number): Promise<boolean>;
  isClaimed(what: string): Promise<boolean>;
}

export function createReplayDetection(store: RecordStore): ReplayDetection {
  return {
    claim: (what, forMs) =>
      store.create(keyOf(what), '', { idleMs: forMs, lifetimeMs: forMs, evenWhenFull: true }, keyOf(what)),
    isClaimed: async (what) => (await store.peek(keyOf(what))) !== undefined,
  };
}

/** Of one length, whatever somebody sends. */
function keyOf(what: string): string {
  return `{${hash('sha256', what, 'base64url')}}:once`;
}
