-- The generation, the epoch and the number of the last change. KEYS: header.
local out = {}
for i, name in ipairs({'generation', 'epoch', 'seq'}) do out[i] = redis.call('HGET', KEYS[1], name) or '' end
return out
