import type { KeyObject } from 'node:crypto';
import type { RedisServer, RedisUrl } from '../config/redis-kinds.ts';
import type { Settings } from '../config/settings.ts';
import { createRateLimiter } from '../lib/rate-limiter.ts';
import { createRedisCallLimits } from '../store/redis/call-limits.ts';
import { connectRedis } from '../store/redis/connection.ts';
import { createRedisLeases } from '../store/redis/leases.ts';
import type { RedisAddress, RedisTarget } from '../store/redis/options.ts';
import { createRedisRecords } from '../store/redis/records.ts';
import { createSeal } from '../store/seal.ts';
import { createSealedRecords } from '../store/sealed-records.ts';
import type { SharedStore, SharedStoreDeps } from './shared-store.ts';

/** Of warnings about records that do not open, for each reason. */
const WARNINGS = { limit: 1, windowMs: 60_000 };

/** What replicas share in Redis, where records are sealed. */
export async function openRedisStore(url: RedisUrl, deps: SharedStoreDeps): Promise<SharedStore> {
  const { settings, log, clock, onUnreadable } = deps;
  const redis = await connectRedis({
    target: redisTarget(url, settings),
    onChange: (trouble) =>
      trouble ? log.error({ err: trouble }, 'Redis is away') : log.info('Redis is back'),
  });
  const policy = await redis.evictionPolicy().catch(() => undefined);
  if (policy !== undefined && policy !== 'noeviction')
    log.warn({ policy }, 'Redis may evict sessions: its maxmemory-policy should be noeviction');

  const warnings = createRateLimiter(WARNINGS, clock.now);
  const store = createSealedRecords({
    store: createRedisRecords(redis),
    seal: createSeal(settings.STORE_KEY as [KeyObject, ...KeyObject[]]),
    onUnreadable(why) {
      onUnreadable(why);
      if (warnings.take(why) === 0)
        log.warn({ why }, 'a record in Redis does not open; it counts as missing');
    },
  });
  return {
    store,
    leases: createRedisLeases({ redis, ...clock }),
    createCallLimits: (name, options) => createRedisCallLimits({ ...options, name, redis, now: clock.now }),
  };
}

function redisTarget(url: RedisUrl, settings: Settings): RedisTarget {
  const { REDIS_SENTINELS, REDIS_SENTINEL_NAME, REDIS_CA } = settings;
  return {
    ...address(url),
    database: url.database,
    tls: url.tls ? { ca: REDIS_CA } : undefined,
    sentinel:
      REDIS_SENTINELS && REDIS_SENTINEL_NAME
        ? { name: REDIS_SENTINEL_NAME, addresses: REDIS_SENTINELS.map(address) }
        : undefined,
  };
}

function address({ host, port, username, password }: RedisServer): RedisAddress {
  return { host, port, username, password: password?.reveal() };
}
