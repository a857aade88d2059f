import { describe, expect, it } from 'vitest';

import { answerOf, Client, LoginEnded, RestError, Unreachable, type Reply } from '../../src/model/client';
import { account } from './samples';

const typed = { error: 'policy', message: 'No.', hint: 'Ask.', reason: 'flow_unavailable' };

describe('an answer', () => {
  it.each<[Reply, unknown]>([
    [{ status: 401, body: undefined }, LoginEnded],
    [{ status: 403, body: { error: 'http_403', message: 'Forbidden', hint: '' } }, LoginEnded],
    [{ status: 403, body: { message: 'Forbidden' } }, LoginEnded],
    [{ status: 200, body: undefined }, LoginEnded],
    [{ status: 403, body: typed }, RestError],
    [{ status: 503, body: { ...typed, error: 'cache_error' } }, RestError],
    [{ status: 404, body: undefined }, RestError],
    [{ status: 503, body: undefined }, Unreachable],
    [{ status: 502, body: { message: 'the proxy’s own' } }, Unreachable]
  ])('%o is an error of its kind', (reply, kind) => {
    expect(() => answerOf(reply)).toThrow(kind as typeof Error);
  });

  it('carries what the server said', () => {
    expect(() => answerOf({ status: 400, body: typed })).toThrow(
      expect.objectContaining({ status: 400, error: 'policy', hint: 'Ask.', reason: 'flow_unavailable' })
    );
    expect(answerOf({ status: 201, body: [] })).toEqual([]);
  });
});

it('asks in the words of the description', async () => {
  const asked: unknown[] = [];
  const client = new Client((...request) => {
    asked.push(request);
    return Promise.resolve({ status: 200, body: {} });
  });
  await client.read('cache');
  await client.signIn({ profile: 'lake' });
  await client.cancel('a/b');
  await client.signOut(account('ada', 'lake'));
  await client.useByDefault(account('ada', 'my lake'));
  await client.clear(true);
  expect(asked).toEqual([
    ['GET', 'cache', undefined],
    ['POST', 'interactions', { profile: 'lake' }],
    ['DELETE', 'interactions/a%2Fb', undefined],
    ['DELETE', 'accounts/ada.id', { profile: 'lake' }],
    ['PUT', 'accounts/ada.id?profile=my%20lake', { default: true }],
    ['DELETE', 'cache', { revoke: true }]
  ]);
});

it('says that nobody answered', async () => {
  const client = new Client(() => Promise.reject(new TypeError('refused')));
  await expect(client.read('status')).rejects.toBeInstanceOf(Unreachable);
});
