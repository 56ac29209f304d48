-- What wrk runs for wrk.ts: a request of each user in turn, and in the end one line of JSON.
local requests = {}
local last = 0

function init(args)
  for cookie in io.lines(args[1]) do
    wrk.headers["cookie"] = cookie
    requests[#requests + 1] = wrk.format("GET")
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end

function done(summary)
  local errors = summary.errors
  local failures = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('{"answers":%d,"micros":%d,"failures":%d}\n', summary.requests, summary.duration, failures))
end
