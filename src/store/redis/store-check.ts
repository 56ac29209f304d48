import { randomBytes } from 'node:crypto';
import { createSingleFlight } from '../../lib/single-flight.ts';
import type { RedisScript } from './connection.ts';
import { recordScripts } from './record-scripts.ts';

export interface StoreCheckDeps {
  /** Before all keys. */
  readonly prefix: string;
  /** A script; rejects with the client's own error. */
  readonly define: (name: string, keys: number, lua: string) => RedisScript;
  /** Milliseconds of a clock that nobody can set. */
  readonly now: () => number;
}

/** Rejects with the first error; resolves to the refusal when only what is new is refused, since memory is full. */
export interface StoreCheck {
  /** Those who ask meanwhile share it. */
  look(): Promise<Error | undefined>;
  /** What was found within the last second, or is found now: anybody may ask. */
  recent(): Promise<Error | undefined>;
  /** What was found counts no more. */
  forget(): void;
}

const RECENT_MS = 1_000;

/** So that a check that is killed leaves nothing for long. */
const LIFETIME_MS = 10_000;
const VALUE = 'check';

/**
 * Whether Redis does what sessions need of it, found out by doing it: the very scripts of the store keep two records of a
 * partition of its own, one of them also when memory is full, read them and remove them. Four round trips.
 */
export function createStoreCheck({ prefix, define, now }: StoreCheckDeps): StoreCheck {
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
  const flight = createSingleFlight<Error | undefined>();
  let found: { readonly result: Promise<Error | undefined>; readonly at: number } | undefined;

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

  function look(): Promise<Error | undefined> {
    return flight.join(async () => {
      const result = check();
      await result.catch(() => {});
      found = { result, at: now() };
      return result;
    });
  }

  return {
    look,
    recent: () => (found && now() - found.at < RECENT_MS ? found.result : look()),
    forget() {
      found = undefined;
    },
  };
}

function refusedForMemory(error: Error): Error {
  if (/^OOM\b/.test(error.message)) return error;
  throw error;
}
