-- Tell every server that what memory holds is no longer good. KEYS: header. ARGV: channel.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local now = redis.call('HINCRBY', KEYS[1], 'generation', 1)
redis.pcall('PUBLISH', ARGV[1], '')  -- who may not publish is seen when others look
return now
