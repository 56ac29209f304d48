import { randomInt } from 'node:crypto';
import { newGeneration } from '../new-generation.ts';
import type { RecordStore, StoredRecord } from '../record-store.ts';
import { KEY_PREFIX, type RedisConnection } from './connection.ts';
import * as scripts from './record-scripts.ts';

type Answer = [
  value: string,
  revision: string,
  idleRemainingMs: number,
  remainingMs: number,
  generation: string,
];

/** Records in Redis or Valkey, whose own clock and expiry enforce their limits. Closing it closes the connection. */
export function createRedisRecords(redis: RedisConnection): RecordStore {
  const create = redis.define('createRecord', 2, scripts.CREATE);
  const put = redis.define('putRecord', 2, scripts.PUT);
  const peek = redis.define('peekRecord', 1, scripts.PEEK);
  const use = redis.define('useRecord', 1, scripts.USE);
  const replace = redis.define('replaceRecord', 1, scripts.REPLACE);
  const remove = redis.define('removeRecord', 1, scripts.REMOVE);
  const count = redis.define('countRecords', 1, scripts.COUNT);
  const removePartition = redis.define('removeRecords', 1, scripts.REMOVE_PARTITION);
  const generation = redis.define('generation', 1, scripts.GENERATION);
  const advance = redis.define('advance', 1, scripts.ADVANCE);
  const advanceAll = redis.define('advanceAll', 1, scripts.ADVANCE_ALL);

  return {
    create: (key, value, { idleMs, lifetimeMs }, partition) =>
      create(
        recordKey(key),
        partitionKey(partition),
        partition,
        value,
        newRevision(),
        idleMs,
        lifetimeMs,
      ).then(isDone),
    put: (key, value, options) =>
      put(
        recordKey(key),
        generationKey(options.partition),
        options.partition,
        value,
        newRevision(),
        options.generation,
        options.lifetimeMs,
      ).then(isDone),
    peek: (key) => peek(recordKey(key)).then(record),
    use: (key) => use(recordKey(key)).then(record),
    replace: (key, value, revision) => replace(recordKey(key), value, revision, newRevision()).then(isDone),
    remove: (key) => remove(recordKey(key)).then((left) => (left === null ? undefined : (left as number))),
    countPartition: (partition) => count(partitionKey(partition), partition) as Promise<number>,
    removePartition: (partition) => removePartition(partitionKey(partition), partition) as Promise<number>,
    generation: (partition) => generation(generationKey(partition), partition) as Promise<string>,
    advance: (partition, forMs) =>
      advance(generationKey(partition), newGeneration(), forMs, partition) as Promise<string>,
    async advanceAll(forMs) {
      await advanceAll(GENERATION_OF_ALL, newGeneration(), forMs);
    },
    ping: redis.ping,
    close: redis.close,
  };
}

const recordKey = (key: string) => `${KEY_PREFIX}record:${key}`;
/** Stored as `group`, the word before: replicas of another version must see the same sessions. */
const partitionKey = (partition: string) => `${KEY_PREFIX}group:${partition}`;
const generationKey = (partition: string) => `${KEY_PREFIX}generation:${partition}`;
/** The one key that all scripts read: in a Redis Cluster it would have to be in every slot. */
const GENERATION_OF_ALL = `${KEY_PREFIX}generation`;

/** By chance, so that a record never shows a revision of one that had its key before. */
const newRevision = () => randomInt(2 ** 48 - 1);

const isDone = (answer: unknown) => answer === 1;

function record(answer: unknown): StoredRecord | undefined {
  if (answer === null) return undefined;
  const [value, revision, idleRemainingMs, remainingMs, generation] = answer as Answer;
  return { value, revision: Number(revision), idleRemainingMs, remainingMs, generation };
}
