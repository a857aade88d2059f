-- The generation and the epoch. KEYS: header.
return {redis.call('HGET', KEYS[1], 'generation') or '', redis.call('HGET', KEYS[1], 'epoch') or ''}
