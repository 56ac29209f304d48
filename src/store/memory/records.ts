import type { Advance, Advanced, Limits, RecordStore, StoredRecord } from '../record-store.ts';
import { createMemoryGenerations } from './generations.ts';

interface Entry {
  readonly partition: string;
  /** Of a record that was put: the one that must still stand. */
  readonly generation: string | undefined;
  readonly endsWithAll: boolean;
  readonly idleMs: number;
  readonly endsAt: number;
  idleEndsAt: number;
  value: string;
  revision: number;
}

export interface MemoryStoreDeps {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** How often records that ended without being asked for again are dropped. */
const SWEEP_EVERY_MS = 60_000;

/** A store for one replica. What it holds ends with the process. */
export function createMemoryStore({ now }: MemoryStoreDeps): RecordStore {
  const entries = new Map<string, Entry>();
  const partitions = new Map<string, Set<string>>();
  const generations = createMemoryGenerations(now);
  /** Counts the writes of all records: a key that was removed and taken again never shows an old revision. */
  let writes = 0;

  const sweeper = setInterval(() => {
    for (const key of entries.keys()) live(key);
    generations.sweep();
  }, SWEEP_EVERY_MS).unref();

  function live(key: string, time = now()): Entry | undefined {
    const entry = entries.get(key);
    if (entry === undefined || (time < Math.min(entry.idleEndsAt, entry.endsAt) && counts(entry)))
      return entry;
    drop(key, entry);
    return undefined;
  }

  function counts({ generation, partition }: Entry): boolean {
    return generation === undefined || generation === generations.of(partition);
  }

  function keep(key: string, value: string, limits: Limits, partition: string, generation?: string): void {
    const time = now();
    const { idleMs, lifetimeMs } = limits;
    const revision = ++writes;
    entries.set(key, {
      partition,
      generation,
      endsWithAll: limits.endsWithAll === true,
      idleMs,
      endsAt: time + lifetimeMs,
      idleEndsAt: time + idleMs,
      value,
      revision,
    });
  }

  function drop(key: string, entry: Entry): void {
    entries.delete(key);
    const members = partitions.get(entry.partition);
    members?.delete(key);
    if (members?.size === 0) partitions.delete(entry.partition);
  }

  function liveMembers(partition: string): string[] {
    return [...(partitions.get(partition) ?? [])].filter((key) => live(key) !== undefined);
  }

  function advance(partition: string, { dependent, forMs }: Advance): Advanced {
    const entry = live(dependent);
    const value = entry?.partition === partition ? entry.value : undefined;
    return { generation: generations.advance(partition, forMs), value };
  }

  function record(entry: Entry, time: number): StoredRecord {
    return {
      value: entry.value,
      revision: entry.revision,
      idleRemainingMs: Math.min(entry.idleEndsAt, entry.endsAt) - time,
      remainingMs: entry.endsAt - time,
      generation: generations.of(entry.partition),
    };
  }

  return {
    async create(key, value, limits, partition) {
      if (live(key)) return false;
      keep(key, value, limits, partition);
      const members = partitions.get(partition) ?? new Set();
      partitions.set(partition, members.add(key));
      return true;
    },

    async put(key, value, { lifetimeMs, partition, generation }) {
      if (generations.of(partition) !== generation) return false;
      const before = entries.get(key);
      if (before) drop(key, before);
      keep(key, value, { idleMs: lifetimeMs, lifetimeMs }, partition, generation);
      return true;
    },

    async peek(key) {
      const time = now();
      const entry = live(key, time);
      return entry && record(entry, time);
    },

    async use(key) {
      const time = now();
      const entry = live(key, time);
      if (!entry) return undefined;
      entry.idleEndsAt = time + entry.idleMs;
      return record(entry, time);
    },

    async replace(key, value, revision) {
      const entry = live(key);
      if (entry?.revision !== revision) return false;
      entry.value = value;
      entry.revision = ++writes;
      return true;
    },

    async remove(key, ending) {
      const entry = live(key);
      if (!entry) return undefined;
      drop(key, entry);
      const left = liveMembers(entry.partition).length;
      return { left, ...(ending && left === 0 && { advanced: advance(entry.partition, ending) }) };
    },

    async removePartition(partition, ending) {
      const keys = liveMembers(partition);
      for (const key of keys) drop(key, entries.get(key) as Entry);
      return { removed: keys.length, advanced: advance(partition, ending) };
    },

    async trimPartition(partition, max) {
      const keys = liveMembers(partition);
      const surplus = keys.slice(0, Math.max(0, keys.length - max));
      for (const key of surplus) drop(key, entries.get(key) as Entry);
      return { removed: surplus.length, left: keys.length - surplus.length };
    },

    generation: async (partition) => generations.of(partition),

    advance: async (partition, ending) => advance(partition, ending),

    advanceEmpty: async (partition, ending) =>
      liveMembers(partition).length === 0 ? advance(partition, ending) : undefined,

    async advanceAll(forMs) {
      generations.advanceAll(forMs);
    },

    async endAll() {
      for (const [key, entry] of entries) if (entry.endsWithAll) drop(key, entry);
    },

    check: async () => 'ok',

    async close() {
      clearInterval(sweeper);
    },
  };
}
