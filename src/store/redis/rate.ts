import type { Rate } from '../../lib/rate-limiter.ts';
import type { SharedRate } from '../shared-rate.ts';
import type { RedisConnection } from './connection.ts';

/**
 * A token bucket: when it is full again, in microseconds of Redis's time. KEYS bucket; ARGV microseconds for one, for all.
 * How long until there is room, in whole milliseconds. Also when memory is full: it is small, and ends soon.
 */
const TAKE = `#!lua flags=allow-oom
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local one, all = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = tonumber(redis.call('GET', KEYS[1]) or 0) or 0
-- After a failover the clock may be another: what would count for too long counts no more.
if full < now or full > now + all then full = now end
local wait = full + one - all - now
if wait > 0 then return math.ceil(wait / 1000) end
redis.call('SET', KEYS[1], string.format('%.0f', full + one), 'PX', math.ceil(all / 1000))
return 0`;

/** KEYS bucket; ARGV microseconds for one. */
const GIVE_BACK = `#!lua flags=allow-oom
local full = tonumber(redis.call('GET', KEYS[1]))
if full then redis.call('SET', KEYS[1], string.format('%.0f', full - ARGV[1]), 'KEEPTTL') end`;

/** A rate of all replicas that share a Redis, by its time. `name`: what is counted. */
export function createRedisRate(redis: RedisConnection, name: string, { limit, windowMs }: Rate): SharedRate {
  const take = redis.define('takeOfRate', 1, TAKE);
  const giveBack = redis.define('giveBackToRate', 1, GIVE_BACK);
  const [one, all] = [Math.max(1, Math.floor((windowMs * 1_000) / limit)), windowMs * 1_000];
  const keyOf = (key: string) => `${redis.prefix}rate:${name}:{${key}}`;

  return {
    take: (key) => take(keyOf(key), one, all) as Promise<number>,
    async giveBack(key) {
      // What Redis does not hear of counts for a while.
      await giveBack(keyOf(key), one).catch(() => {});
    },
  };
}
