import { newGeneration } from '../new-generation.ts';

interface Generation {
  readonly name: string;
  readonly endsAt: number;
}

/** The generations of groups, for one replica. */
export interface MemoryGenerations {
  of(group: string): string;
  advance(group: string, forMs: number): string;
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

  function of(group: string): string {
    return nameOf(ofAll) + nameOf(generations.get(group));
  }

  return {
    of,

    advance(group, forMs) {
      generations.set(group, { name: newGeneration(), endsAt: now() + forMs });
      return of(group);
    },

    advanceAll(forMs) {
      ofAll = { name: newGeneration(), endsAt: now() + forMs };
    },

    sweep() {
      for (const [group, { endsAt }] of generations) if (now() >= endsAt) generations.delete(group);
    },
  };
}
