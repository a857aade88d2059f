-- The rows of partitions, with what the store's header says at that moment.
-- KEYS: header. ARGV: prefix, most bytes of a row, most bytes of all, partition, or partition:name, …
-- Answers {epoch, seq, schema, wrapped data key, {name, value, …} for each partition}; of a row that is
-- none, or too large, the value is empty.
local prefix, each, left = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
local out = {}
for i, name in ipairs({'epoch', 'seq', 'schema', 'data_key'}) do
  local size = redis.pcall('HSTRLEN', KEYS[1], name)
  if type(size) ~= 'number' or size > 1024 then return redis.error_reply('JUPYTER_AUTH FOREIGN') end
  out[i] = redis.call('HGET', KEYS[1], name) or ''
end
for i = 4, #ARGV do
  local rows, names = {}, {string.match(ARGV[i], ':(%x+)$')}
  if not names[1] then
    local index = prefix .. 'p:' .. ARGV[i]
    local count = redis.pcall('ZCARD', index)
    if type(count) ~= 'number' then return redis.error_reply('JUPYTER_AUTH FOREIGN') end
    left = left - 64 * count
    if left < 0 then return redis.error_reply('JUPYTER_AUTH LARGE') end
    names = redis.call('ZRANGE', index, 0, -1)
  end
  for _, name in ipairs(names) do
    local key = prefix .. 'r:' .. name
    local size = redis.pcall('STRLEN', key)
    if type(size) ~= 'number' or size > each then
      rows[#rows + 1], rows[#rows + 2] = name, ''
    elseif size > 0 then  -- else it has ended
      left = left - size
      if left < 0 then return redis.error_reply('JUPYTER_AUTH LARGE') end
      rows[#rows + 1], rows[#rows + 2] = name, redis.call('GET', key)
    end
  end
  out[#out + 1] = rows
end
return out
