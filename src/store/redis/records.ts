import { randomInt } from 'node:crypto';
import { newGeneration } from '../new-generation.ts';
import type { Advanced, RecordStore, StoredRecord } from '../record-store.ts';
import type { RedisConnection } from './connection.ts';
import { recordScripts } from './record-scripts.ts';

type Answer = [
  value: string,
  revision: string,
  idleRemainingMs: number,
  remainingMs: number,
  generation: string,
];

type AdvancedAnswer = [generation: string, value: string | null];

/** Records in Redis or Valkey, whose own clock and expiry enforce their limits. Closing it closes the connection. */
export function createRedisRecords(redis: RedisConnection): RecordStore {
  const { prefix } = redis;
  const scripts = recordScripts(prefix);
  const create = redis.define('createRecord', 2, scripts.create);
  const createEvenWhenFull = redis.define('createRecordEvenWhenFull', 2, scripts.createEvenWhenFull);
  const put = redis.define('putRecord', 2, scripts.put);
  const peek = redis.define('peekRecord', 1, scripts.peek);
  const use = redis.define('useRecord', 1, scripts.use);
  const replace = redis.define('replaceRecord', 1, scripts.replace);
  const remove = redis.define('removeRecord', 1, scripts.remove);
  const removeAndAdvance = redis.define('removeRecordAndAdvance', 2, scripts.removeAndAdvance);
  const removePartition = redis.define('removeRecords', 2, scripts.removePartition);
  const trimPartition = redis.define('trimRecords', 1, scripts.trimPartition);
  const generation = redis.define('generation', 1, scripts.generation);
  const advance = redis.define('advance', 1, scripts.advance);
  const advanceEmpty = redis.define('advanceEmpty', 1, scripts.advanceEmpty);
  const advanceAll = redis.define('advanceAll', 1, scripts.advanceAll);
  const endAll = redis.define('endAll', 1, scripts.endAll);

  const recordKey = (key: string) => `${prefix}record:${key}`;
  const partitionKey = (partition: string) => `${prefix}partition:${partition}`;
  const generationKey = (partition: string) => `${prefix}generation:${partition}`;
  /** The two keys that all scripts read: in a Redis Cluster they would have to be in every slot. */
  const [generationOfAll, endOfAll] = [`${prefix}generation`, `${prefix}ended`];

  return {
    create: (key, value, { idleMs, lifetimeMs, endsWithAll, evenWhenFull }, partition) =>
      (evenWhenFull ? createEvenWhenFull : create)(
        recordKey(key),
        partitionKey(partition),
        partition,
        value,
        newRevision(),
        idleMs,
        lifetimeMs,
        endsWithAll ? 1 : 0,
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

    async remove(key, ending) {
      const answer = ending
        ? await removeAndAdvance(recordKey(key), recordKey(ending.dependent), newGeneration(), ending.forMs)
        : await remove(recordKey(key));
      if (answer === null) return undefined;
      const [left, ...ended] = answer as [number] | [number, ...AdvancedAnswer];
      return { left, advanced: ended.length > 0 ? advanced(ended) : undefined };
    },

    async removePartition(partition, { dependent, forMs }) {
      const keys = [partitionKey(partition), recordKey(dependent)] as const;
      const answer = await removePartition(...keys, partition, newGeneration(), forMs);
      const [removed, ...ended] = answer as [number, ...AdvancedAnswer];
      return { removed, advanced: advanced(ended) };
    },

    async trimPartition(partition, max) {
      const [removed, left] = (await trimPartition(partitionKey(partition), partition, max)) as [
        number,
        number,
      ];
      return { removed, left };
    },

    generation: (partition) => generation(generationKey(partition), partition) as Promise<string>,
    advance: (partition, { dependent, forMs }) =>
      advance(recordKey(dependent), partition, newGeneration(), forMs).then(advanced),
    async advanceEmpty(partition, { dependent, forMs }) {
      const answer = await advanceEmpty(recordKey(dependent), partition, newGeneration(), forMs);
      return answer === null ? undefined : advanced(answer);
    },
    async advanceAll(forMs) {
      await advanceAll(generationOfAll, newGeneration(), forMs);
    },
    async endAll(forMs) {
      await endAll(endOfAll, forMs);
    },
    check: redis.check,
    close: redis.close,
  };
}

/** By chance, so that a record never shows a revision of one that had its key before. */
const newRevision = () => randomInt(2 ** 48 - 1);

const isDone = (answer: unknown) => answer === 1;

function record(answer: unknown): StoredRecord | undefined {
  if (answer === null) return undefined;
  const [value, revision, idleRemainingMs, remainingMs, generation] = answer as Answer;
  return { value, revision: Number(revision), idleRemainingMs, remainingMs, generation };
}

function advanced(answer: unknown): Advanced {
  const [generation, value] = answer as AdvancedAnswer;
  return { generation, value: value ?? undefined };
}
