/*
 * Sorted sets: the permits that are taken, by their end; the calls of the last window, by when they were made. A hash:
 * the replicas that wait for a permit, with the rank, and until when that counts. And a key that is there while the way
 * is closed. The time is that of Redis.
 *
 * All of it is small and ends soon, so it is written also when Redis has no memory left for others: a tenant is never
 * called uncounted, and users get their tokens.
 */
const ALLOW_OOM = '#!lua flags=allow-oom';

/**
 * KEYS permits, spent, waiting, closed; ARGV id of the call, replica, rank, room in the budget or 0, window, permits,
 * their time, when to ask again, how long waiting counts, room among the permits for those whose ids are marked with `p`,
 * or 0. What is in the way, for how long, and the age of each call that counts, the oldest first.
 */
export const ENTER = `${ALLOW_OOM}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local id, by, rank, room, window = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - window)
-- After a failover the clock may be another: what would count for too long counts no more.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. now + ARGV[7], '+inf')
redis.call('ZREMRANGEBYSCORE', KEYS[2], '(' .. now, '+inf')

local othersFirst = false
local waiting = redis.call('HGETALL', KEYS[3])
for i = 1, #waiting, 2 do
  local otherRank, counts = string.match(waiting[i + 1], '(%d+) (%d+)')
  local forMs = tonumber(counts) - now
  if waiting[i] == by or forMs <= 0 or forMs > tonumber(ARGV[9]) then
    redis.call('HDEL', KEYS[3], waiting[i])
  elseif tonumber(otherRank) < rank then
    othersFirst = true
  end
end

local function refuse(reason, wait)
  local reply = { reason, wait }
  local spent = redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
  for i = 2, #spent, 2 do table.insert(reply, now - tonumber(spent[i])) end
  return reply
end

local closed = redis.call('PTTL', KEYS[4])
if closed > 0 then return refuse('closed', closed) end

if room > 0 then
  local inTheWay = redis.call('ZRANGE', KEYS[2], -room, -room, 'WITHSCORES')
  if #inTheWay > 0 then return refuse('budget', tonumber(inTheWay[2]) + window - now) end
end

local part = tonumber(ARGV[10])
if part > 0 then
  for _, held in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    if string.sub(held, 1, 1) == 'p' then part = part - 1 end
  end
  if part <= 0 then return refuse('part', tonumber(ARGV[8])) end
end

if othersFirst or redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[6]) then
  redis.call('HSET', KEYS[3], by, string.format('%d %d', rank, now + ARGV[9]))
  redis.call('PEXPIRE', KEYS[3], ARGV[9])
  return refuse('permits', tonumber(ARGV[8]))
end

redis.call('ZADD', KEYS[1], now + ARGV[7], id)
redis.call('PEXPIRE', KEYS[1], ARGV[7])
if room > 0 then
  redis.call('ZADD', KEYS[2], now, id)
  redis.call('PEXPIRE', KEYS[2], window)
end
return { 'entered', 0 }`;

/** KEYS permits, spent, waiting; ARGV channel, id of the call, 1 if it was made. */
export const LEAVE = `${ALLOW_OOM}
redis.call('ZREM', KEYS[1], ARGV[2])
if ARGV[3] ~= '1' then redis.call('ZREM', KEYS[2], ARGV[2]) end
if redis.call('EXISTS', KEYS[3]) == 1 then redis.call('PUBLISH', ARGV[1], '') end`;

/** KEYS closed; ARGV channel, for how long. */
export const CLOSE = `${ALLOW_OOM}
if redis.call('PTTL', KEYS[1]) >= tonumber(ARGV[2]) then return end
redis.call('SET', KEYS[1], '', 'PX', ARGV[2])
redis.call('PUBLISH', ARGV[1], '')`;
