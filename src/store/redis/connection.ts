import { once } from 'node:events';
import { Redis } from 'ioredis';
import type { Emit } from '../../events.ts';
import { StoreUnavailableError } from '../record-store.ts';
import { createAvailability } from './availability.ts';
import { clientOptions, type RedisTarget } from './options.ts';
import { type RedisError, toRedisError } from './redis-error.ts';
import { createRedisSubscriber, type RedisSubscriber } from './subscriber.ts';

export interface RedisConnectionOptions {
  readonly target: RedisTarget;
  /** Before all keys and channels; what an ACL may be limited to. */
  readonly prefix: string;
  readonly emit: Emit;
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
  /** Resolves when Redis would take a write that needs no memory. */
  ping(): Promise<void>;
  /** What Redis does when its memory is full. */
  evictionPolicy(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** How long a start waits for the first connection; less when that is refused. */
const FIRST_CONNECTION_MS = 1_000;

/** Resolves when connected, or when that failed or took a second; it goes on trying then. */
export async function connectRedis({
  target,
  prefix,
  emit,
}: RedisConnectionOptions): Promise<RedisConnection> {
  const redis = new Redis(clientOptions(target));
  const subscriber = createRedisSubscriber(
    () => redis.duplicate({ enableOfflineQueue: true, autoResubscribe: false }),
    unavailable,
  );
  const availability = createAvailability({
    probe: () => redis.set(`${prefix}probe`, '', 'PX', 1_000),
    onChange: (trouble) => emit(trouble ? { type: 'store.away', error: trouble } : { type: 'store.back' }),
  });
  /** Why there is no connection; the commands that fail for want of one do not know. */
  let disconnected: RedisError | undefined;

  redis.on('ready', () => {
    disconnected = undefined;
  });
  redis.on('error', (error) => {
    // A connection that ends is nothing yet: the next one may be there before anybody asks.
    if (redis.status === 'ready') return;
    disconnected = toRedisError(error);
    availability.failed(disconnected);
  });

  function unavailable(error: unknown): never {
    const fault = toRedisError(error);
    const cause = fault.code === 'DISCONNECTED' ? (disconnected ?? fault) : fault;
    availability.failed(cause);
    throw new StoreUnavailableError({ cause });
  }

  await once(redis, 'ready', { signal: AbortSignal.timeout(FIRST_CONNECTION_MS) }).catch(() => {});

  return {
    prefix,
    define(name, numberOfKeys, lua) {
      redis.defineCommand(name, { numberOfKeys, lua });
      const run = (redis as unknown as Record<string, RedisScript>)[name] as RedisScript;
      return (...keysAndArguments) => {
        gatherWrites(redis.stream);
        return run.apply(redis, keysAndArguments).catch(unavailable);
      };
    },
    async ping() {
      // No PING: a replica answers that too, and a primary whose disk is full.
      await redis.pexpire(`${prefix}probe`, 1_000).catch(unavailable);
    },
    async evictionPolicy() {
      // CONFIG GET is not for everybody.
      const memory = await redis.info('memory').catch(unavailable);
      return /^maxmemory_policy:(\S+)/m.exec(memory)?.[1];
    },
    subscribe: subscriber.subscribe,
    async close() {
      availability.close();
      await subscriber.close();
      redis.disconnect();
    },
  };
}

/** What is asked in one turn of the event loop goes out at its end, in one piece: a write costs more than the rest. */
function gatherWrites(stream: Redis['stream'] | undefined): void {
  if (!stream || stream.writableCorked > 0) return;
  stream.cork();
  setImmediate(() => stream.uncork());
}
