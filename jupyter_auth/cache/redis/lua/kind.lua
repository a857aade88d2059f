-- The members "partition:name" of a kind. KEYS: none. ARGV: prefix, kind, most of them.
local index, now = ARGV[1] .. 'k:' .. ARGV[2], redis.call('TIME')[1]
local count = redis.pcall('ZCOUNT', index, '(' .. now, '+inf')
if type(count) ~= 'number' then return redis.error_reply('JUPYTER_AUTH FOREIGN') end
if count > tonumber(ARGV[3]) then return redis.error_reply('JUPYTER_AUTH LARGE') end
return redis.call('ZRANGEBYSCORE', index, '(' .. now, '+inf')
