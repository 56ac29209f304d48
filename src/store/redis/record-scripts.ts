import { PRELUDE } from './prelude.ts';

/** KEYS record, partition; ARGV partition name, value, revision, idle limit, lifetime. */
export const CREATE = `${PRELUDE}
if live(KEYS[1]) then return 0 end
makeRoom(KEYS[1], 'hash')
makeRoom(KEYS[2], 'zset')
local time = now()
local ends = time + ARGV[5]
-- The first write, since Redis asks at that one alone whether there is memory.
redis.call('HSET', KEYS[1], 'g', ARGV[1], 'v', ARGV[2], 'r', ARGV[3], 'i', ARGV[4], 'e', ends)
redis.call('HDEL', KEYS[1], 'n')
redis.call('PEXPIREAT', KEYS[1], math.min(time + ARGV[4], ends))
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', time)
redis.call('ZADD', KEYS[2], ends, KEYS[1])
redis.call('PEXPIREAT', KEYS[2], math.max(ends, redis.call('PEXPIRETIME', KEYS[2])))
return 1`;

/** KEYS record, generation; ARGV partition name, value, revision, generation, lifetime. */
export const PUT = `${PRELUDE}
if generation(ARGV[1]) ~= ARGV[4] then return 0 end
makeRoom(KEYS[1], 'hash')
local ends = now() + ARGV[5]
redis.call('HSET', KEYS[1], 'g', ARGV[1], 'v', ARGV[2], 'r', ARGV[3], 'i', ARGV[5], 'e', ends, 'n', ARGV[4])
redis.call('PEXPIREAT', KEYS[1], ends)
return 1`;

const READ = `
local partition, made, value, revision, idle, ends = fields(KEYS[1])
if not partition then
  -- Nothing opens the empty text: so it is reported.
  return redis.call('EXISTS', KEYS[1]) == 1 and {'', '0', 0, 0, ''} or nil
end
local current = generation(partition)
if made and made ~= current then return nil end
local time = now()`;

/** KEYS record. Value, revision, what is left until it ends unused and in any case, generation. */
export const PEEK = `${PRELUDE}${READ}
return {value, revision, redis.call('PTTL', KEYS[1]), ends - time, current}`;

/** KEYS record. The same, after its idle limit has started anew. */
export const USE = `${PRELUDE}${READ}
local idle_ends = math.min(time + idle, ends)
redis.call('PEXPIREAT', KEYS[1], idle_ends)
return {value, revision, idle_ends - time, ends - time, current}`;

/** KEYS record; ARGV value, revision that was read, new revision. */
export const REPLACE = `${PRELUDE}
if not live(KEYS[1]) or redis.call('HGET', KEYS[1], 'r') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'r', ARGV[3])
return 1`;

/** KEYS record. */
export const REMOVE = `${PRELUDE}
local partition = live(KEYS[1])
if not partition then return nil end
redis.call('DEL', KEYS[1])
return #members(partition)`;

/** KEYS partition; ARGV partition name. */
export const COUNT = `${PRELUDE}
return #members(ARGV[1])`;

/** KEYS partition; ARGV partition name. */
export const REMOVE_PARTITION = `${PRELUDE}
local found = members(ARGV[1])
for _, key in ipairs(found) do redis.call('DEL', key) end
redis.call('DEL', KEYS[1])
return #found`;

/** KEYS generation; ARGV partition name. */
export const GENERATION = `${PRELUDE}
return generation(ARGV[1])`;

// Also when memory is full: somebody may have to be signed out.
const ALLOW_OOM = '#!lua flags=allow-oom';

/** KEYS generation; ARGV its name, how long it is kept, partition name. */
export const ADVANCE = `${ALLOW_OOM}
${PRELUDE}
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return generation(ARGV[3])`;

/** KEYS generation; ARGV its name, how long it is kept. */
export const ADVANCE_ALL = `${ALLOW_OOM}
return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])`;
