import type { RedisServer } from '../config/redis-kinds.ts';
import type { RedisConfig } from '../config/store-config.ts';
import { createRedisCallLimits } from '../store/redis/call-limits.ts';
import { connectRedis } from '../store/redis/connection.ts';
import { createRedisLeases } from '../store/redis/leases.ts';
import type { RedisAddress, RedisTarget } from '../store/redis/options.ts';
import { createRedisRate } from '../store/redis/rate.ts';
import { createRedisRecords } from '../store/redis/records.ts';
import { createSeal } from '../store/seal.ts';
import { createSealedRecords } from '../store/sealed-records.ts';
import type { SharedStore, SharedStoreDeps } from './shared-store.ts';

/** What replicas share in Redis, where records are sealed. */
export async function openRedisStore(
  config: RedisConfig,
  { clock, emit }: SharedStoreDeps,
): Promise<SharedStore> {
  const redis = await connectRedis({ target: redisTarget(config), prefix: config.prefix, emit });
  const policy = await redis.evictionPolicy().catch(() => undefined);
  if (policy !== undefined && policy !== 'noeviction') emit({ type: 'store.may_evict', policy });
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
