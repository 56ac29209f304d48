import { newGeneration } from '../new-generation.ts';

interface Generation {
  readonly name: string;
  readonly endsAt: number;
}

/** The generations of partitions, for one replica. */
export interface MemoryGenerations {
  of(partition: string): string;
  advance(partition: string, forMs: number): string;
  advanceAll(forMs: number): void;
  /** Drops those that are no longer kept. */
  sweep(): void;
}

export function createMemoryGenerations(now: () => number): MemoryGenerations {
  const generations = new Map<string, Generation>();
  let ofAll: Generation | undefined;

  function nameOf(generation: Generation | undefined): string {
    return generation !== undefined && now() < generation.endsAt ? generation.name : '';
  }

  function of(partition: string): string {
    return nameOf(ofAll) + nameOf(generations.get(partition));
  }

  return {
    of,

    advance(partition, forMs) {
      generations.set(partition, { name: newGeneration(), endsAt: now() + forMs });
      return of(partition);
    },

    advanceAll(forMs) {
      ofAll = { name: newGeneration(), endsAt: now() + forMs };
    },

    sweep() {
      for (const [partition, { endsAt }] of generations) if (now() >= endsAt) generations.delete(partition);
    },
  };
}
