import { LRUCache } from 'lru-cache';
import type { Emit } from '../events.ts';
import type { Advance, Advanced, RecordStore, StoredRecord } from './record-store.ts';
import type { Seal } from './seal.ts';

export interface SealedRecordsDeps {
  readonly store: RecordStore;
  readonly seal: Seal;
  /** Says which service's records these are: one that shares Redis and keys reads none of them. */
  readonly deployment: string;
  readonly emit: Emit;
}

/** Of texts that were opened: characters, sealed and open. */
const MAX_REMEMBERED = 20_000_000;

/**
 * Records of which the store sees only sealed values. One that does not open, because it is garbage, sealed with an
 * unknown key or was another key's, is as good as none: it is not read, and whoever creates a record there gets its
 * place, with what is left of its limits.
 */
export function createSealedRecords({ store, seal, deployment, emit }: SealedRecordsDeps): RecordStore {
  // What was opened once stays true for that text at that place: a user who comes again costs no decryption.
  const opened = new LRUCache<string, { readonly sealed: string; readonly value: string }>({
    maxSize: MAX_REMEMBERED,
    sizeCalculation: ({ sealed, value }, key) => key.length + sealed.length + value.length,
  });

  const contextOf = (key: string) => `${deployment}\n${key}`;
  const sealed = (value: string, key: string) => seal.seal(value, contextOf(key));

  function openValue(key: string, value: string): string | undefined {
    const result = seal.open(value, contextOf(key));
    if (!('unreadable' in result)) return result.value;
    emit({ type: 'store.record_unreadable', why: result.unreadable });
    return undefined;
  }

  function open(key: string, record: StoredRecord | undefined): StoredRecord | undefined {
    if (!record) return undefined;
    const known = opened.get(key);
    if (known?.sealed === record.value) return { ...record, value: known.value };
    const value = openValue(key, record.value);
    if (value === undefined) return undefined;
    opened.set(key, { sealed: record.value, value });
    return { ...record, value };
  }

  function openAdvanced({ dependent }: Advance, { generation, value }: Advanced): Advanced {
    return { generation, value: value === undefined ? undefined : openValue(dependent, value) };
  }

  return {
    ...store,
    async create(key, value, limits, partition) {
      const text = sealed(value, key);
      if (await store.create(key, text, limits, partition)) return true;
      const taken = await store.peek(key);
      return taken !== undefined && !open(key, taken) && store.replace(key, text, taken.revision);
    },
    put: (key, value, options) => store.put(key, sealed(value, key), options),
    peek: (key) => store.peek(key).then((record) => open(key, record)),
    use: (key) => store.use(key).then((record) => open(key, record)),
    replace: (key, value, revision) => store.replace(key, sealed(value, key), revision),

    async remove(key, advance) {
      const removed = await store.remove(key, advance);
      if (!advance || !removed?.advanced) return removed;
      return { ...removed, advanced: openAdvanced(advance, removed.advanced) };
    },
    async removePartition(partition, advance) {
      const { removed, advanced } = await store.removePartition(partition, advance);
      return { removed, advanced: openAdvanced(advance, advanced) };
    },
    advance: async (partition, advance) => openAdvanced(advance, await store.advance(partition, advance)),
    async advanceEmpty(partition, advance) {
      const advanced = await store.advanceEmpty(partition, advance);
      return advanced && openAdvanced(advance, advanced);
    },
  };
}
