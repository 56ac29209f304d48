import { type After, createLeaseWaits } from '../lease-waits.ts';
import type { Leases } from '../leases.ts';

export interface MemoryLeasesDeps {
  readonly after: After;
}

/** Leases for one replica. */
export function createMemoryLeases({ after }: MemoryLeasesDeps): Leases {
  const taken = new Map<string, object>();
  const waits = createLeaseWaits(after);

  return {
    async take(name, forMs) {
      if (taken.has(name)) return undefined;
      const mine = {};
      taken.set(name, mine);
      const cancel = after(forMs, end);
      return { release: async () => end() };

      function end(): void {
        if (taken.get(name) !== mine) return;
        cancel();
        taken.delete(name);
        waits.tell(name);
      }
    },

    async ended(name, withinMs, signal) {
      signal?.throwIfAborted();
      if (taken.has(name)) await waits.wait(name, withinMs, signal);
    },

    async close() {
      taken.clear();
      waits.tellAll();
    },
  };
}
