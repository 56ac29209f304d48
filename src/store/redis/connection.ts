import { once } from 'node:events';
import { Redis } from 'ioredis';
import type { Emit } from '../../events.ts';
import { systemClock } from '../../lib/clock.ts';
import { StoreUnavailableError } from '../record-store.ts';
import { createAvailability } from './availability.ts';
import { addressOf, clientOptions, type RedisTarget } from './options.ts';
import { isRefusal, leadsElsewhere, type RedisError, toRedisError } from './redis-error.ts';
import { withReason } from './server-facts.ts';
import { createServerWatch } from './server-watch.ts';
import { createStoreCheck } from './store-check.ts';
import { createRedisSubscriber, type RedisSubscriber } from './subscriber.ts';

export interface RedisConnectionOptions {
  readonly target: RedisTarget;
  /** Before all keys and channels; what an ACL may be limited to. */
  readonly prefix: string;
  readonly emit: Emit;
  /** Milliseconds of a clock that nobody can set. */
  readonly now?: () => number;
}

/** A Lua script, which Redis runs as one step: first its keys, then the other arguments. */
export type RedisScript = (...keysAndArguments: (string | number)[]) => Promise<unknown>;

/**
 * The way to Redis or Valkey, which mends itself. Each call ends within a second, in case of doubt with a
 * `StoreUnavailableError`; while there is no connection, at once. What failed may have happened nevertheless.
 */
export interface RedisConnection extends RedisSubscriber {
  /** Before all keys and channels. */
  readonly prefix: string;
  /** A script under a name of its own. */
  define(name: string, keys: number, lua: string): RedisScript;
  /**
   * Resolves when Redis does what sessions need of it; `full`: for those who have one. Calls within a second share an answer,
   * unless it is known meanwhile that things have changed.
   */
  check(): Promise<'ok' | 'full'>;
  /** Finds out whether messages are sent and received, and tells when Redis refuses that. Never rejects. */
  checkMessages(): Promise<void>;
  close(): Promise<void>;
}

/** How long a start waits for the first connection; less when that is refused. */
const FIRST_CONNECTION_MS = 1_000;

/** Resolves when connected, or when that failed or took a second; it goes on trying then. */
export async function connectRedis({
  target,
  prefix,
  emit,
  now = systemClock.now,
}: RedisConnectionOptions): Promise<RedisConnection> {
  const address = addressOf(target);
  /** Why there is no connection; the commands that fail for want of one do not know. */
  let disconnected: RedisError | undefined;
  const redis = new Redis({
    ...clientOptions(target),
    reconnectOnError(error) {
      if (!leadsElsewhere(error)) return false;
      disconnected = toRedisError(error);
      return true;
    },
  });
  const subscriber = createRedisSubscriber(
    () => redis.duplicate({ enableOfflineQueue: true, autoResubscribe: false }),
    cannotSubscribe,
  );
  const checkStore = createStoreCheck({ prefix, define, now });
  const availability = createAvailability({
    probe: async () => {
      const full = await checkStore.look().catch((error) => Promise.reject(reasonOf(error)));
      if (full) throw toRedisError(full);
    },
    onChange: (trouble) => {
      checkStore.forget();
      emit(trouble ? { type: 'store.away', address, error: trouble } : { type: 'store.back' });
    },
    onOtherReason: (trouble) => emit({ type: 'store.still_away', address, error: trouble }),
  });
  const server = createServerWatch({ info: () => redis.info(), address, emit });
  let messagesRefused = false;
  let looking = Promise.resolve();

  redis.on('ready', () => {
    disconnected = undefined;
    looking = server.look();
  });
  redis.on('error', (error) => {
    // A connection that ends is nothing yet: the next one may be there before anybody asks.
    if (redis.status === 'ready') return;
    disconnected = withReason(toRedisError(error), server.facts, target.database);
    availability.failed(disconnected);
    // The client would go on in database 0, which may be somebody else's.
    if (isAnswerTo('select', error)) redis.disconnect(true);
  });

  function reasonOf(error: unknown): RedisError {
    const fault = toRedisError(error);
    return fault.code === 'DISCONNECTED'
      ? (disconnected ?? fault)
      : withReason(fault, server.facts, target.database);
  }

  function unavailable(error: unknown): never {
    const cause = reasonOf(error);
    availability.failed(cause);
    throw new StoreUnavailableError({ cause });
  }

  function cannotSubscribe(error: unknown): never {
    const fault = toRedisError(error);
    if (!isRefusal(fault)) unavailable(error);
    tellMessagesRefused(fault);
    throw new StoreUnavailableError({ cause: fault });
  }

  function tellMessagesRefused(error: RedisError): void {
    if (messagesRefused) return;
    messagesRefused = true;
    emit({ type: 'store.messages_refused', address, error });
  }

  function define(name: string, numberOfKeys: number, lua: string): RedisScript {
    redis.defineCommand(name, { numberOfKeys, lua });
    const run = (redis as unknown as Record<string, RedisScript>)[name] as RedisScript;
    return (...keysAndArguments) => {
      gatherWrites(redis.stream);
      return run.apply(redis, keysAndArguments);
    };
  }

  await once(redis, 'ready', { signal: AbortSignal.timeout(FIRST_CONNECTION_MS) }).catch(() => {});
  await looking;

  return {
    prefix,
    define(name, keys, lua) {
      const run = define(name, keys, lua);
      return (...keysAndArguments) => run(...keysAndArguments).catch(unavailable);
    },
    async check() {
      const full = await checkStore.recent().catch(unavailable);
      if (full) availability.failed(toRedisError(full));
      return full ? 'full' : 'ok';
    },
    async checkMessages() {
      const channel = `${prefix}check`;
      try {
        (await subscriber.subscribe(channel, () => {}))();
        await redis.publish(channel, '');
      } catch (error) {
        const fault = toRedisError(error);
        if (isRefusal(fault)) tellMessagesRefused(fault);
      }
    },
    subscribe: subscriber.subscribe,
    async close() {
      availability.close();
      await subscriber.close();
      redis.disconnect();
    },
  };
}

function isAnswerTo(name: string, error: unknown): boolean {
  return (error as { command?: { name?: string } }).command?.name === name;
}

/** What is asked in one turn of the event loop goes out at its end, in one piece: a write costs more than the rest. */
function gatherWrites(stream: Redis['stream'] | undefined): void {
  if (!stream || stream.writableCorked > 0) return;
  stream.cork();
  setImmediate(() => stream.uncork());
}
