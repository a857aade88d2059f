-- Take a lease. KEYS: header, lease. ARGV: who, milliseconds. Answers its fence, 0 where another
-- has it, and -1 where there is no store.
if redis.call('EXISTS', KEYS[1]) == 0 then return -1 end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then
  return redis.call('HINCRBY', KEYS[1], 'fence', 1)
end
return 0
