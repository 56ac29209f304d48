import { randomBytes } from 'node:crypto';
import type { RedisScript } from './connection.ts';
import { recordScripts } from './record-scripts.ts';

export interface StoreCheckDeps {
  /** Before all keys. */
  readonly prefix: string;
  /** A script; rejects with the client's own error. */
  readonly define: (name: string, keys: number, lua: string) => RedisScript;
}

/** So that a check that is killed leaves nothing for long. */
const LIFETIME_MS = 10_000;
const VALUE = 'check';

/**
 * Whether Redis does what sessions need of it, found out by doing it: the very scripts of the store keep two records of a
 * partition of its own, one of them also when memory is full, read them and remove them. Rejects with the first error;
 * resolves to the refusal when only what is new is refused, since memory is full. Four round trips; those who ask
 * meanwhile share them.
 */
export function createStoreCheck({ prefix, define }: StoreCheckDeps): () => Promise<Error | undefined> {
  const scripts = recordScripts(prefix);
  const create = define('checkCreate', 2, scripts.create);
  const put = define('checkPut', 2, scripts.put);
  const use = define('checkUse', 1, scripts.use);
  const remove = define('checkRemove', 1, scripts.remove);
  const generation = define('checkGeneration', 1, scripts.generation);
  /** Replicas check beside each other. */
  const partition = `{check-${randomBytes(8).toString('base64url')}}`;
  const [session, token] = [`${prefix}record:${partition}:session`, `${prefix}record:${partition}:token`];
  const [partitionKey, generationKey] = [
    `${prefix}partition:${partition}`,
    `${prefix}generation:${partition}`,
  ];
  let underWay: Promise<Error | undefined> | undefined;

  async function check(): Promise<Error | undefined> {
    const current = (await generation(generationKey, partition)) as string;
    const [full] = await Promise.all([
      create(session, partitionKey, partition, VALUE, 1, LIFETIME_MS, LIFETIME_MS, 0).then(
        () => undefined,
        refusedForMemory,
      ),
      put(token, generationKey, partition, VALUE, 1, current, LIFETIME_MS),
    ]);
    const keys = full ? [token] : [session, token];
    const [first] = await Promise.all(keys.map((key) => use(key)));
    await Promise.all(keys.map((key) => remove(key)));
    // The token alone may rightly be gone, when somebody began a new generation meanwhile.
    if (!full && (first as [string] | null)?.[0] !== VALUE) throw new Error('Redis did not keep a record');
    return full;
  }

  return () => {
    underWay ??= check().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

function refusedForMemory(error: Error): Error {
  if (/^OOM\b/.test(error.message)) return error;
  throw error;
}
