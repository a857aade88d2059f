-- Make a change, unless anything has changed since it was thought of.
-- KEYS: header. ARGV: prefix, epoch, seq, fence's name or '', fence, then for each row
-- name, partition, kind or '' (it goes), end in seconds or 0, value.
-- Answers 1, or 0 where the reading has to be repeated.
-- Only a row that holds an access token (kind 1) has an expiry of Redis's, so that a volatile-… policy evicts
-- nothing else of the store; what else ends is removed here, some of it with each change.
local prefix = ARGV[1]
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[2] or redis.call('HGET', KEYS[1], 'seq') ~= ARGV[3] then
  return 0
end
local now = tonumber(redis.call('TIME')[1])
if ARGV[4] ~= '' then redis.call('SET', prefix .. 'f:' .. ARGV[4], ARGV[5], 'EX', 86400) end
local kinds = {'0', '1', '2', '3'}
local touched = {}
for i = 6, #ARGV, 5 do
  local name, partition, kind, ends, value = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  local row, index, member = prefix .. 'r:' .. name, prefix .. 'p:' .. partition, partition .. ':' .. name
  touched[index] = true
  local is_over = ends ~= '0' and tonumber(ends) <= now
  for _, other in ipairs(kinds) do
    if other ~= kind or is_over then redis.call('ZREM', prefix .. 'k:' .. other, member) end
  end
  if kind == '' or is_over then
    redis.call('DEL', row)
    redis.call('ZREM', index, name)
  else
    local score = ends == '0' and '+inf' or ends
    redis.call('SET', row, value)
    if kind == '1' and ends ~= '0' then redis.call('EXPIREAT', row, ends) end
    redis.call('ZADD', index, score, name)
    redis.call('ZADD', prefix .. 'k:' .. kind, score, member)
  end
end
for index in pairs(touched) do redis.call('PERSIST', index) end
for _, kind in ipairs(kinds) do
  local all = prefix .. 'k:' .. kind
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', all, '-inf', now, 'LIMIT', 0, 20)) do
    local partition, name = string.match(member, '^(%x+):(%x+)$')
    if name then
      redis.call('DEL', prefix .. 'r:' .. name)
      redis.call('ZREM', prefix .. 'p:' .. partition, name)
    end
    redis.call('ZREM', all, member)
  end
end
redis.call('HINCRBY', KEYS[1], 'seq', 1)
return 1
