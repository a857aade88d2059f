-- Whether changes are taken: one that changes nothing. KEYS: header.
return redis.call('HINCRBY', KEYS[1], 'generation', 0)
