import { KEY_PREFIX } from './redis-connection.ts';

/*
 * A record is a hash: `v` value, `r` revision, `i` idle limit and `e` end in milliseconds, `g` group, and, of one that
 * was put, `n` generation. Its key expires with the idle limit or the end, whichever is first. The time is that of
 * Redis. A group is a sorted set of its records' keys by their end; a key in it may have ended by its idle limit, or
 * belong to another group by now. A generation is that of all groups, then that of the group. A record's own script reads the keys of its group, whose hash tag is the same.
 */
const PRELUDE = `
local PREFIX = '${KEY_PREFIX}'

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function generation(group)
  return (redis.call('GET', PREFIX .. 'generation') or '') .. (redis.call('GET', PREFIX .. 'generation:' .. group) or '')
end

-- The group of a record that counts, and false for one that was put under an earlier generation.
local function live(key)
  local group, made = unpack(redis.call('HMGET', key, 'g', 'n'))
  return group and (not made or made == generation(group)) and group
end

-- Takes what ended off the group; what is left.
local function members(group)
  local index = PREFIX .. 'group:' .. group
  local left = {}
  for _, key in ipairs(redis.call('ZRANGE', index, 0, -1)) do
    local of, made = unpack(redis.call('HMGET', key, 'g', 'n'))
    if of == group and not made then
      table.insert(left, key)
    else
      redis.call('ZREM', index, key)
    end
  end
  return left
end
`;

/** KEYS record, group; ARGV group name, value, revision, idle limit, lifetime. */
export const CREATE = `${PRELUDE}
if live(KEYS[1]) then return 0 end
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

/** KEYS record, generation; ARGV group name, value, revision, generation, lifetime. */
export const PUT = `${PRELUDE}
if generation(ARGV[1]) ~= ARGV[4] then return 0 end
local ends = now() + ARGV[5]
redis.call('HSET', KEYS[1], 'g', ARGV[1], 'v', ARGV[2], 'r', ARGV[3], 'i', ARGV[5], 'e', ends, 'n', ARGV[4])
redis.call('PEXPIREAT', KEYS[1], ends)
return 1`;

const READ = `
local value, revision, idle, ends, group, made = unpack(redis.call('HMGET', KEYS[1], 'v', 'r', 'i', 'e', 'g', 'n'))
if not value then return nil end
local current = generation(group)
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
if redis.call('HGET', KEYS[1], 'r') ~= ARGV[2] or not live(KEYS[1]) then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'r', ARGV[3])
return 1`;

/** KEYS record. */
export const REMOVE = `${PRELUDE}
local group = live(KEYS[1])
if not group then return nil end
redis.call('DEL', KEYS[1])
return #members(group)`;

/** KEYS group; ARGV group name. */
export const COUNT = `${PRELUDE}
return #members(ARGV[1])`;

/** KEYS group; ARGV group name. */
export const REMOVE_GROUP = `${PRELUDE}
local found = members(ARGV[1])
for _, key in ipairs(found) do redis.call('DEL', key) end
redis.call('DEL', KEYS[1])
return #found`;

/** KEYS generation; ARGV group name. */
export const GENERATION = `${PRELUDE}
return generation(ARGV[1])`;

// Also when memory is full: somebody may have to be signed out.
const ALLOW_OOM = '#!lua flags=allow-oom';

/** KEYS generation; ARGV its name, how long it is kept, group name. */
export const ADVANCE = `${ALLOW_OOM}
${PRELUDE}
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return generation(ARGV[3])`;

/** KEYS generation; ARGV its name, how long it is kept. */
export const ADVANCE_ALL = `${ALLOW_OOM}
return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])`;
