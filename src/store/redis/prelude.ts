import { KEY_PREFIX } from './connection.ts';

/*
 * A record is a hash: `v` value, `r` revision, `i` idle limit and `e` end in milliseconds, `g` group, and, of one that
 * was put, `n` generation. Its key expires with the idle limit or the end, whichever is first. The time is that of
 * Redis. A group is a sorted set of its records' keys by their end; a key in it may have ended by its idle limit, or
 * belong to another group by now. A generation is that of all groups, then that of the group. A record's own script
 * reads the keys of its group, whose hash tag is the same.
 *
 * Whoever may write to Redis can plant anything. A record that is none is as good as missing: it must not look like an
 * outage. A generation that is none is an error: nobody knows what counts.
 */
export const PRELUDE = `
local PREFIX = '${KEY_PREFIX}'

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function generation(group)
  return (redis.call('GET', PREFIX .. 'generation') or '') .. (redis.call('GET', PREFIX .. 'generation:' .. group) or '')
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

-- Nothing of what is no record.
local function fields(key)
  local group, made, value, revision, idle, ends = hmget(key, 'g', 'n', 'v', 'r', 'i', 'e')
  idle, ends = whole(idle), whole(ends)
  if group and value and whole(revision) and idle and ends then
    return group, made, value, revision, idle, ends
  end
end

-- Takes away what is of another type than its users are.
local function makeRoom(key, kind)
  local found = redis.call('TYPE', key).ok
  if found ~= kind and found ~= 'none' then redis.call('DEL', key) end
end

-- The group of a record that counts, and false for one that was put under an earlier generation.
local function live(key)
  local group, made = fields(key)
  return group and (not made or made == generation(group)) and group
end

-- Takes what ended off the group; what is left.
local function members(group)
  local index = PREFIX .. 'group:' .. group
  local left = {}
  makeRoom(index, 'zset')
  for _, key in ipairs(redis.call('ZRANGE', index, 0, -1)) do
    local of, made = hmget(key, 'g', 'n')
    if of == group and not made then
      table.insert(left, key)
    else
      redis.call('ZREM', index, key)
    end
  end
  return left
end
`;
