/**
 * What the scripts about records have in common; all keys begin with the prefix.
 *
 * A record is a hash: `v` value, `r` revision, `i` idle limit and `e` end in milliseconds, `g` partition, and, of one that
 * was put, `n` generation; of one that ends with all, `b` when it was created. Its key expires with the idle limit or the
 * end, whichever is first. The time is that of Redis. A partition is a sorted set of its records' keys by their end; a key
 * in it may have ended by its idle limit, or belong to another partition by now. A generation is that of all partitions,
 * then that of the partition. A record's own script reads the keys of its partition, whose hash tag is the same.
 *
 * Whoever may write to Redis can plant anything. A record that is none is as good as missing: it must not look like an
 * outage. A generation that is none is an error: nobody knows what counts.
 */
export const prelude = (prefix: string) => `
local PREFIX = '${prefix}'

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function generation(partition)
  return (redis.call('GET', PREFIX .. 'generation') or '') .. (redis.call('GET', PREFIX .. 'generation:' .. partition) or '')
end

-- Up to a length that a time in milliseconds has.
local function whole(text)
  return text and #text <= 15 and string.match(text, '^%d+$') and tonumber(text)
end

-- Nothing of a key that is no hash. Another error, such as a right that is missing, ends the script.
local function hmget(key, ...)
  local found = redis.pcall('HMGET', key, ...)
  if not found.err then return unpack(found) end
  if not string.find(found.err, 'WRONGTYPE', 1, true) then error(found) end
end

-- Whether all records were ended since then.
local function ended(begun)
  local all = begun and whole(redis.call('GET', PREFIX .. 'ended'))
  return all and (whole(begun) or 0) <= all
end

-- Nothing of what is no record.
local function fields(key)
  local partition, made, value, revision, idle, ends, begun = hmget(key, 'g', 'n', 'v', 'r', 'i', 'e', 'b')
  idle, ends = whole(idle), whole(ends)
  if partition and value and whole(revision) and idle and ends then
    return partition, made, value, revision, idle, ends, begun
  end
end

-- Takes away what is of another type than its users are.
local function makeRoom(key, kind)
  local found = redis.call('TYPE', key).ok
  if found ~= kind and found ~= 'none' then redis.call('DEL', key) end
end

-- The partition and value of a record that counts, and false for one that was put under an earlier generation.
local function live(key)
  local partition, made, value, _, _, _, begun = fields(key)
  if partition and (not made or made == generation(partition)) and not ended(begun) then return partition, value end
  return false
end

-- Begins a generation: its name in full, and what the record that depends on the partition held if it counted.
local function advance(partition, name, forMs, dependent)
  local of, value = live(dependent)
  redis.call('SET', PREFIX .. 'generation:' .. partition, name, 'PX', forMs)
  return { generation(partition), of == partition and value }
end

-- Takes what ended off the partition; what is left, the oldest first.
local function members(partition)
  local index = PREFIX .. 'partition:' .. partition
  local left = {}
  makeRoom(index, 'zset')
  for _, key in ipairs(redis.call('ZRANGE', index, 0, -1)) do
    local of, made, begun = hmget(key, 'g', 'n', 'b')
    if of == partition and not made and not ended(begun) then
      table.insert(left, key)
    else
      redis.call('ZREM', index, key)
    end
  end
  return left
end
`;
