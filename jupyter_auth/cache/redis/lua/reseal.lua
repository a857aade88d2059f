-- Put everything anew: the header's fields and all rows, unless anything has changed since it was read.
-- KEYS: header. ARGV: prefix, epoch, seq, how many arguments the header's fields are, field, value, …,
-- then for each row name, partition, kind, end in seconds or 0, value.
-- Answers 1, or 0 where the reading has to be repeated.
local prefix, head = ARGV[1], KEYS[1]
if redis.call('HGET', head, 'epoch') ~= ARGV[2] or redis.call('HGET', head, 'seq') ~= ARGV[3] then
  return 0
end
for _, kind in ipairs({'0', '1', '2', '3'}) do
  local index = prefix .. 'k:' .. kind
  for _, member in ipairs(redis.call('ZRANGE', index, 0, -1)) do
    local partition, name = string.match(member, '^(%x+):(%x+)$')
    if name then redis.call('DEL', prefix .. 'r:' .. name, prefix .. 'p:' .. partition) end
  end
  redis.call('DEL', index)
end
local first = 5 + tonumber(ARGV[4])
redis.call('HSET', head, unpack(ARGV, 5, first - 1))
local touched = {}
for i = first, #ARGV, 5 do
  local name, partition, kind, ends, value = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  local row, index = prefix .. 'r:' .. name, prefix .. 'p:' .. partition
  local score = ends == '0' and '+inf' or ends
  redis.call('SET', row, value)
  if ends ~= '0' then redis.call('EXPIREAT', row, ends) end
  redis.call('ZADD', index, score, name)
  redis.call('ZADD', prefix .. 'k:' .. kind, score, partition .. ':' .. name)
  touched[index] = true
end
for index in pairs(touched) do
  local last = redis.call('ZRANGE', index, -1, -1, 'WITHSCORES')[2]
  if last and last ~= 'inf' then redis.call('EXPIREAT', index, last) end
end
redis.call('HINCRBY', head, 'seq', 1)
return 1
