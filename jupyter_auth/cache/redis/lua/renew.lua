-- Hold a lease for another while. KEYS: lease. ARGV: who, milliseconds. Answers 1, or 0 where it is lost.
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
