-- The highest fence of a lease that has saved anything, or 0. KEYS: what holds it.
local size = redis.pcall('STRLEN', KEYS[1])
if type(size) ~= 'number' or size > 20 then return redis.error_reply('JUPYTER_AUTH FOREIGN') end
return tonumber(redis.call('GET', KEYS[1]) or '0') or 0
