import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src/lib/clock.ts';
import { createMemoryStore } from '../../src/store/memory/records.ts';
import type { RecordStore } from '../../src/store/record-store.ts';

/** A memory store behind a slow network: each call takes effect, and is answered, some milliseconds later. */
export function createSlowStore(seed: number, mostMs = 6): RecordStore {
  const store = createMemoryStore(systemClock);
  let state = seed;
  const pause = () => {
    state = (state * 48_271) % 2_147_483_647;
    return delay((state / 2_147_483_647) * mostMs);
  };
  const slow = Object.entries(store).map(([name, call]) => [
    name,
    name === 'close' || name === 'check'
      ? call
      : async (...args: unknown[]) => {
          await pause();
          const result = await (call as (...args: unknown[]) => Promise<unknown>)(...args);
          await pause();
          return result;
        },
  ]);
  return Object.fromEntries(slow) as RecordStore;
}
