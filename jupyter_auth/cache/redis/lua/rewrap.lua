-- Write fields of the header, where the data key is still that one. KEYS: header.
-- ARGV: the wrapped data key, field, value, …
if redis.call('HGET', KEYS[1], 'data_key') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
return 1
