import type { RedisServer } from '../config/kinds/redis.ts';
import { ConfigurationError } from '../config/load.ts';
import type { RedisConfig } from '../config/store-config.ts';
import { createRedisCallLimits } from '../store/redis/call-limits.ts';
import { connectRedis, type RedisConnection } from '../store/redis/connection.ts';
import { createRedisLeases } from '../store/redis/leases.ts';
import type { RedisAddress, RedisTarget } from '../store/redis/options.ts';
import { createRedisRate } from '../store/redis/rate.ts';
import { createRedisRecords } from '../store/redis/records.ts';
import { RedisError } from '../store/redis/redis-error.ts';
import { createSeal } from '../store/seal.ts';
import { createSealedRecords } from '../store/sealed-records.ts';
import type { SharedStore, SharedStoreDeps } from './shared-store.ts';

/**
 * What replicas share in Redis, where records are sealed. A Redis that is away, full or does not let us in may change; one
 * that will never do is a wrong setting, and throws a `ConfigurationError`.
 */
export async function openRedisStore(
  config: RedisConfig,
  { clock, emit }: SharedStoreDeps,
): Promise<SharedStore> {
  const redis = await connectRedis({
    target: redisTarget(config),
    prefix: config.prefix,
    emit,
    now: clock.now,
  });
  await refuseUnsuitable(redis);
  await redis.checkMessages();
  return {
    store: createSealedRecords({
      store: createRedisRecords(redis),
      seal: createSeal(config.keys),
      deployment: config.deployment,
      emit,
    }),
    leases: createRedisLeases({ redis, ...clock }),
    createRate: (name, rate) => createRedisRate(redis, name, rate),
    createCallLimits: (name, options) => createRedisCallLimits({ ...options, name, redis, now: clock.now }),
  };
}

async function refuseUnsuitable(redis: RedisConnection): Promise<void> {
  try {
    await redis.check();
  } catch (error) {
    const { cause } = error as Error;
    if (!(cause instanceof RedisError) || !cause.unsuitable) return;
    await redis.close();
    throw new ConfigurationError([{ name: 'REDIS_URL', message: `names a Redis that ${cause.unsuitable}` }]);
  }
}

function redisTarget({ url, ca, sentinel }: RedisConfig): RedisTarget {
  return {
    ...address(url),
    database: url.database,
    tls: url.tls ? { ca } : undefined,
    sentinel: sentinel && { name: sentinel.name, addresses: sentinel.addresses.map(address) },
  };
}

function address({ host, port, username, password }: RedisServer): RedisAddress {
  return { host, port, username, password: password?.reveal() };
}
