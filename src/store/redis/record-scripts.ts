import { prelude } from './prelude.ts';

/**
 * Also when memory is full: somebody may have to be signed out, and whoever is signed in gets a token, of which there is
 * one for each user.
 */
const ALLOW_OOM = '#!lua flags=allow-oom';

const READ = `
local partition, made, value, revision, idle, ends, begun = fields(KEYS[1])
if not partition then
  -- Nothing opens the empty text: so it is reported.
  return redis.call('EXISTS', KEYS[1]) == 1 and {'', '0', 0, 0, ''} or nil
end
local current = generation(partition)
if made and made ~= current or ended(begun) then return nil end
local time = now()`;

/** The scripts about records whose keys begin with the prefix. */
export function recordScripts(prefix: string) {
  const PRELUDE = prelude(prefix);
  const ALWAYS = `${ALLOW_OOM}\n${PRELUDE}`;

  /** KEYS record, partition; ARGV partition name, value, revision, idle limit, lifetime, 1 if it ends with all. */
  const CREATE = `
if live(KEYS[1]) then return 0 end
makeRoom(KEYS[1], 'hash')
makeRoom(KEYS[2], 'zset')
local time = now()
local ends = time + ARGV[5]
-- The first write, since Redis asks at that one alone whether there is memory.
redis.call('HSET', KEYS[1], 'g', ARGV[1], 'v', ARGV[2], 'r', ARGV[3], 'i', ARGV[4], 'e', ends)
redis.call('HDEL', KEYS[1], 'n', 'b')
if ARGV[6] == '1' then redis.call('HSET', KEYS[1], 'b', time) end
redis.call('PEXPIREAT', KEYS[1], math.min(time + ARGV[4], ends))
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', time)
redis.call('ZADD', KEYS[2], ends, KEYS[1])
redis.call('PEXPIREAT', KEYS[2], math.max(ends, redis.call('PEXPIRETIME', KEYS[2])))
return 1`;

  return {
    create: PRELUDE + CREATE,
    createEvenWhenFull: ALWAYS + CREATE,

    /** KEYS record, generation; ARGV partition name, value, revision, generation, lifetime. */
    put: `${ALWAYS}
if generation(ARGV[1]) ~= ARGV[4] then return 0 end
makeRoom(KEYS[1], 'hash')
local ends = now() + ARGV[5]
redis.call('HSET', KEYS[1], 'g', ARGV[1], 'v', ARGV[2], 'r', ARGV[3], 'i', ARGV[5], 'e', ends, 'n', ARGV[4])
redis.call('HDEL', KEYS[1], 'b')
redis.call('PEXPIREAT', KEYS[1], ends)
return 1`,

    /** KEYS record. Value, revision, what is left until it ends unused and in any case, generation. */
    peek: `${PRELUDE}${READ}
return {value, revision, redis.call('PTTL', KEYS[1]), ends - time, current}`,

    /** KEYS record. The same, after its idle limit has started anew. */
    use: `${PRELUDE}${READ}
local idle_ends = math.min(time + idle, ends)
redis.call('PEXPIREAT', KEYS[1], idle_ends)
return {value, revision, idle_ends - time, ends - time, current}`,

    /** KEYS record; ARGV value, revision that was read, new revision. */
    replace: `${PRELUDE}
if not live(KEYS[1]) or redis.call('HGET', KEYS[1], 'r') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'r', ARGV[3])
return 1`,

    /** KEYS record. How many are left. */
    remove: `${PRELUDE}
local partition = live(KEYS[1])
if not partition then return nil end
redis.call('DEL', KEYS[1])
return {#members(partition)}`,

    /** KEYS record, dependent record; ARGV generation, how long it is kept. How many are left; if none: see advance. */
    removeAndAdvance: `${ALWAYS}
local partition = live(KEYS[1])
if not partition then return nil end
redis.call('DEL', KEYS[1])
local left = #members(partition)
if left > 0 then return {left} end
return {left, unpack(advance(partition, ARGV[1], ARGV[2], KEYS[2]))}`,

    /** KEYS partition, dependent record; ARGV partition name, generation, how long it is kept. */
    removePartition: `${ALWAYS}
local found = members(ARGV[1])
for _, key in ipairs(found) do redis.call('DEL', key) end
redis.call('DEL', KEYS[1])
return {#found, unpack(advance(ARGV[1], ARGV[2], ARGV[3], KEYS[2]))}`,

    /** KEYS partition; ARGV partition name, how many may stay. How many were removed, and are left. */
    trimPartition: `${PRELUDE}
local found = members(ARGV[1])
local surplus = math.max(#found - ARGV[2], 0)
for at = 1, surplus do
  redis.call('DEL', found[at])
  redis.call('ZREM', KEYS[1], found[at])
end
return {surplus, #found - surplus}`,

    /** KEYS generation; ARGV partition name. */
    generation: `${PRELUDE}
return generation(ARGV[1])`,

    /** KEYS dependent record; ARGV partition name, generation, how long it is kept. */
    advance: `${ALWAYS}
return advance(ARGV[1], ARGV[2], ARGV[3], KEYS[1])`,

    /** The same, or nothing while the partition has records. */
    advanceEmpty: `${ALWAYS}
if #members(ARGV[1]) > 0 then return nil end
return advance(ARGV[1], ARGV[2], ARGV[3], KEYS[1])`,

    /** KEYS generation; ARGV its name, how long it is kept. */
    advanceAll: `${ALLOW_OOM}
return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])`,

    /** KEYS the time of the end; ARGV how long it is kept. */
    endAll: `${ALWAYS}
return redis.call('SET', KEYS[1], now(), 'PX', ARGV[1])`,
  };
}
