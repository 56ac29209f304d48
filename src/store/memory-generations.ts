import { newGeneration } from './new-generation.ts';

interface Generation {
  readonly name: string;
  readonly endsAt: number;
}

/** The generations of groups, for one replica. */
export interface MemoryGenerations {
  of(group: string): string;
  advance(group: string, forMs: number): string;
  /** Drops those that are no longer kept. */
  sweep(): void;
}

export function createMemoryGenerations(now: () => number): MemoryGenerations {
  const generations = new Map<string, Generation>();

  return {
    of(group) {
      const known = generations.get(group);
      return known !== undefined && now() < known.endsAt ? known.name : '';
    },

    advance(group, forMs) {
      const name = newGeneration();
      generations.set(group, { name, endsAt: now() + forMs });
      return name;
    },

    sweep() {
      for (const [group, { endsAt }] of generations) if (now() >= endsAt) generations.delete(group);
    },
  };
}
