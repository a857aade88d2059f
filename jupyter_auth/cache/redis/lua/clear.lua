-- Wipe everything and, where there are fields, begin anew.
-- KEYS: header. ARGV: prefix, channel, lowest epoch, field, value, …
-- Answers how many rows of each kind there were. What is no store of ours goes as well.
local prefix, counts = ARGV[1], {}
local now = redis.call('TIME')[1]
for i, kind in ipairs({'0', '1', '2', '3'}) do
  local index = prefix .. 'k:' .. kind
  if redis.call('TYPE', index).ok == 'zset' then
    counts[i] = redis.call('ZCOUNT', index, '(' .. now, '+inf')
    local keys, seen = {}, {}
    for _, member in ipairs(redis.call('ZRANGE', index, 0, -1)) do
      local partition, name = string.match(member, '^(%x+):(%x+)$')
      if name then
        keys[#keys + 1] = prefix .. 'r:' .. name
        if not seen[partition] then keys[#keys + 1], seen[partition] = prefix .. 'p:' .. partition, true end
        if #keys >= 1000 then redis.call('DEL', unpack(keys)); keys = {} end  -- nobody else is served meanwhile
      end
    end
    if keys[1] then redis.call('DEL', unpack(keys)) end
  else
    counts[i] = 0
  end
  redis.call('DEL', index)
end
local head = KEYS[1]
local kept = {}
if redis.call('TYPE', head).ok == 'hash' then
  for _, field in ipairs({'epoch', 'generation', 'fence', 'seq'}) do
    if redis.call('HSTRLEN', head, field) < 20 then kept[field] = tonumber(redis.call('HGET', head, field) or '') end
  end
end
redis.call('DEL', head)
redis.pcall('PUBLISH', ARGV[2], '')
if #ARGV == 3 then return counts end  -- whoever comes next begins it
redis.call('HSET', head, unpack(ARGV, 4))
local epoch = math.max((kept.epoch or 0) + 1, tonumber(ARGV[3]))
redis.call('HSET', head, 'epoch', string.format('%.0f', epoch))
for _, field in ipairs({'generation', 'fence', 'seq'}) do
  redis.call('HSET', head, field, string.format('%.0f', (kept[field] or epoch) + 1))
end
return counts
