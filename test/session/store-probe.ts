import { createMemoryStore } from '../../src/store/memory/records.ts';
import type { RecordStore } from '../../src/store/record-store.ts';

type Method = keyof RecordStore;

/** A memory store that writes down what is called, and fails or waits when told to. */
export interface StoreProbe extends RecordStore {
  /** The calls in order, as `method key`. */
  readonly calls: readonly string[];
  /** How many calls of these methods there were; without any, of all. */
  count(...methods: Method[]): number;
  clear(): void;
  /** From now on the calls of these methods (all, without any) reject so; undefined ends that. */
  failWith(error: Error | undefined, ...methods: Method[]): void;
  /** Calls to this method wait, before they take effect, until `release()`. */
  hold(method: Method): { readonly waiting: number; release(): void };
}

/** The methods that change what is stored, beyond the time of use. */
export const WRITES = [
  'create',
  'put',
  'replace',
  'remove',
  'removePartition',
  'trimPartition',
  'advance',
  'advanceEmpty',
  'endAll',
  'advanceAll',
] as const;

export function createStoreProbe({ now }: { now: () => number } = { now: Date.now }): StoreProbe {
  const store = createMemoryStore({ now });
  const calls: string[] = [];
  const held = new Map<Method, { waiting: number; until: Promise<void> }>();
  let failure: { error: Error; methods: readonly Method[] } | undefined;

  async function enter(method: Method, name = ''): Promise<void> {
    calls.push(`${method} ${name}`.trim());
    const gate = held.get(method);
    if (gate) {
      gate.waiting += 1;
      await gate.until;
    }
    if (failure && (failure.methods.length === 0 || failure.methods.includes(method))) throw failure.error;
  }

  return {
    calls,
    count: (...methods) =>
      calls.filter(
        (call) => methods.length === 0 || (methods as string[]).includes(call.split(' ')[0] as string),
      ).length,
    clear() {
      calls.length = 0;
    },
    failWith(error, ...methods) {
      failure = error && { error, methods };
    },
    hold(method) {
      let open = () => {};
      const gate = {
        waiting: 0,
        until: new Promise<void>((resolve) => {
          open = resolve;
        }),
      };
      held.set(method, gate);
      return {
        get waiting() {
          return gate.waiting;
        },
        release() {
          held.delete(method);
          open();
        },
      };
    },

    async create(key, ...rest) {
      await enter('create', key);
      return store.create(key, ...rest);
    },
    async put(key, ...rest) {
      await enter('put', key);
      return store.put(key, ...rest);
    },
    async peek(key) {
      await enter('peek', key);
      return store.peek(key);
    },
    async use(key) {
      await enter('use', key);
      return store.use(key);
    },
    async replace(key, ...rest) {
      await enter('replace', key);
      return store.replace(key, ...rest);
    },
    async remove(key, ...rest) {
      await enter('remove', key);
      return store.remove(key, ...rest);
    },
    async removePartition(partition, ...rest) {
      await enter('removePartition', partition);
      return store.removePartition(partition, ...rest);
    },
    async trimPartition(partition, ...rest) {
      await enter('trimPartition', partition);
      return store.trimPartition(partition, ...rest);
    },
    async generation(partition) {
      await enter('generation', partition);
      return store.generation(partition);
    },
    async advance(partition, ...rest) {
      await enter('advance', partition);
      return store.advance(partition, ...rest);
    },
    async advanceEmpty(partition, ...rest) {
      await enter('advanceEmpty', partition);
      return store.advanceEmpty(partition, ...rest);
    },
    async endAll(forMs) {
      await enter('endAll');
      return store.endAll(forMs);
    },
    async advanceAll(forMs) {
      await enter('advanceAll');
      return store.advanceAll(forMs);
    },
    async check() {
      await enter('check');
      return 'ok';
    },
    close: () => store.close(),
  };
}
