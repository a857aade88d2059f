import { describe, expect, test } from 'vitest';
import { ended } from '../src/interaction';
import { Client } from '../src/model/client';
import { Store } from '../src/model/store';
import { Controller } from '../src/renderer/controller';
import { answerAll, asked, card, server, show, soon, text } from './controller-at-hand';
import { sample, NOW } from './samples';

describe('from a saved notebook', () => {
  test('an end is one line, and the server is not asked', async () => {
    await show({ id: 'int-1', state: 'succeeded', username: 'ada', profile: 'lake' });
    expect(text()).toBe('Signed in as ada · lake');
    await show({ id: 'int-1', state: 'failed', message: '<b>x</b>', hint: 'Do y.' });
    expect(text()).toBe('Sign-in failed. <b>x</b> Do y.');
    expect(card.shadowRoot?.querySelector('button, b')).toBeNull();
    expect(asked).toEqual([]);
  });
  test('a request that is long over', async () => {
    server.clear();
    await show({ id: 'int-1' });
    expect(text()).toContain('Run the cell again');
  });
  test('no server', async () => {
    answerAll(new TypeError('no network'));
    await show({ id: 'int-1' });
    expect(text()).toContain('cannot be reached');
    answerAll(null);
    await soon(5000);
    expect(text()).toContain('D7KX-92QP');
  });
  test('a server that fails says so in its own words', async () => {
    answerAll({ status: 503, body: { error: 'cache_error', message: 'The disk is full.', hint: '' } });
    await show({ id: 'int-1' });
    expect(text()).toContain('The disk is full.');
    expect(card.shadowRoot?.querySelector('button')).toBeNull();
  });
  test.each([null, 7, 'x', [], {}, { id: '../../x' }, { id: 5 }, { id: 'a'.repeat(99) }, { id: '', state: 'pending' }])(
    '%j',
    async data => {
      await show(data);
      expect(text()).toContain('This sign-in request has ended');
      expect(asked).toEqual([]);
    }
  );
  test.each(['__proto__', 'constructor', 'login\u202e'])('an end that nobody knows, because of %j', async reason => {
    await show({ id: 'int-1', state: 'unknown', reason });
    expect(text()).toContain('This sign-in request has ended');
  });
  test('a code that somebody put into the data is not shown', async () => {
    await show({ id: 'x', state: 'failed', user_code: 'EVIL', verification_uri: 'https://evil.example' });
    expect(card.shadowRoot?.innerHTML).not.toMatch(/evil/i);
    expect(ended({ user_code: 'EVIL' }).user_code).toBeNull();
  });
});

test('the countdown goes by the server’s clock', async () => {
  const late = new Store(
    new Client(() => Promise.resolve({ status: 200, body: sample(), date: new Date((NOW + 600) * 1000).toUTCString() }))
  );
  const other = new Controller(card, late);
  other.show({ id: 'int-1' });
  await soon();
  expect(text()).toContain('Code expires in 5 min');
  expect(Math.round((late.now() - Date.now()) / 1000)).toBe(600);
  other.dispose();
  late.dispose();
});
