import { LRUCache } from 'lru-cache';
import type { Emit } from '../events.ts';
import type { RecordStore, StoredRecord } from './record-store.ts';
import type { Seal } from './seal.ts';

export interface SealedRecordsDeps {
  readonly store: RecordStore;
  readonly seal: Seal;
  readonly emit: Emit;
}

/** Of texts that were opened: characters, sealed and open. */
const MAX_REMEMBERED = 20_000_000;

/**
 * Records of which the store sees only sealed values. One that does not open, because it is garbage, sealed with an
 * unknown key or was another key's, is as good as none: it is not read, and whoever creates a record there gets its
 * place, with what is left of its limits.
 */
export function createSealedRecords({ store, seal, emit }: SealedRecordsDeps): RecordStore {
  // What was opened once stays true for that text at that place: a user who comes again costs no decryption.
  const opened = new LRUCache<string, { readonly sealed: string; readonly value: string }>({
    maxSize: MAX_REMEMBERED,
    sizeCalculation: ({ sealed, value }, key) => key.length + sealed.length + value.length,
  });

  function open(key: string, record: StoredRecord | undefined): StoredRecord | undefined {
    if (!record) return undefined;
    const known = opened.get(key);
    if (known?.sealed === record.value) return { ...record, value: known.value };
    const result = seal.open(record.value, key);
    if ('unreadable' in result) {
      emit({ type: 'store.record_unreadable', why: result.unreadable });
      return undefined;
    }
    opened.set(key, { sealed: record.value, value: result.value });
    return { ...record, value: result.value };
  }

  return {
    ...store,
    async create(key, value, limits, partition) {
      const sealed = seal.seal(value, key);
      if (await store.create(key, sealed, limits, partition)) return true;
      const taken = await store.peek(key);
      return taken !== undefined && !open(key, taken) && store.replace(key, sealed, taken.revision);
    },
    put: (key, value, options) => store.put(key, seal.seal(value, key), options),
    peek: (key) => store.peek(key).then((record) => open(key, record)),
    use: (key) => store.use(key).then((record) => open(key, record)),
    replace: (key, value, revision) => store.replace(key, seal.seal(value, key), revision),
  };
}
