-- The store's header, field by field; an empty answer where there is none.
-- KEYS: header. ARGV: the names of fields.
if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
local out = {}
for i, name in ipairs(ARGV) do
  local size = redis.pcall('HSTRLEN', KEYS[1], name)
  if type(size) ~= 'number' or size > 4096 then return redis.error_reply('JUPYTER_AUTH FOREIGN') end
  out[i] = redis.call('HGET', KEYS[1], name) or ''
end
return out
