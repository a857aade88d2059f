import { beforeEach, describe, expect, test } from 'vitest';
import { TAG, type InteractionCard } from '../src/interaction';
import { Client, type Reply } from '../src/model/client';
import { concernedBy } from '../src/model/concerns';
import { Store } from '../src/model/store';
import { Controller } from '../src/renderer/controller';
import {
  SCHEMA,
  add,
  answerAll,
  answered,
  asked,
  bodies,
  card,
  change,
  controller,
  event,
  press,
  server,
  show,
  soon,
  store,
  text
} from './controller-at-hand';
import { sample } from './samples';

describe('a live request', () => {
  beforeEach(() => show({ id: 'int-1' }));

  test('is asked for once, then when an event tells of requests', async () => {
    expect(text()).toContain('D7KX-92QP');
    await soon(600_000);
    expect(asked).toEqual(['GET interactions/int-1']);
    change('int-1', { state: 'succeeded', username: 'ada' });
    await event();
    expect(text()).toBe('Signed in as ada · graph');
    expect(asked).toEqual(['GET interactions/int-1', 'GET interactions']);
  });
  test('that the page knows already is not asked for', async () => {
    add(sample({ id: 'int-5', user_code: 'FIVE' }));
    await event();
    asked.length = 0;
    await show({ id: 'int-5' });
    expect(text()).toContain('FIVE');
    expect(asked).toEqual([]);
  });
  test('events that come together are one question more', async () => {
    for (let i = 0; i < 50; i++) {
      store.invalidate(...concernedBy(SCHEMA));
    }
    await soon();
    expect(asked).toEqual(['GET interactions/int-1', 'GET interactions']);
  });
  test('is cancelled from the card', async () => {
    await press('cancel');
    expect(asked).toContain('DELETE interactions/int-1');
    expect(text()).toContain('Sign-in cancelled');
  });
  test('of a kernel is answered from the card', async () => {
    change('int-1', { flow: 'consent', user_code: null, verification_uri: null });
    await event();
    expect(text()).toContain('sales-forecast.ipynb wants to use graph');
    await soon(600);
    await press('once');
    expect(bodies).toEqual([{ decision: 'allow', remember: 'once' }]);
    change('int-1', { state: 'succeeded' });
    await event();
    expect(text()).toBe('Allowed to use graph');
    await show({ id: 'int-1', state: 'succeeded', profile: 'graph', flow: 'consent' });
    expect(text()).toBe('Allowed to use graph');
  });
  test('is answered by the address that is pasted; a wrong one can be corrected', async () => {
    change('int-1', { flow: 'authorization_code', authorization_uri: 'https://login.microsoftonline.com/x', paste: true });
    await event();
    const send = async (url: string): Promise<void> => {
      card.dispatchEvent(new CustomEvent('ja-answer', { detail: { id: 'int-1', url } }));
      await soon();
    };
    await send('https://elsewhere.example/');
    expect(text()).toContain('does not belong to this request');
    await send('https://right.example/');
    expect(asked).toContain('POST interactions/int-1');
    expect(bodies.at(-1)).toEqual({ url: 'https://right.example/' });
    expect(text()).toBe('Signed in as ada · graph');
  });
  test('goes on in another way, if the server is there', async () => {
    change('int-1', { other_flows: ['authorization_code'] });
    await event();
    await press('other');
    expect(bodies.at(-1)).toEqual({ flow: 'authorization_code' });
    answerAll(new TypeError('no network'));
    await press('other');
    expect(text()).toContain('Connection lost');
  });
  test('a lost connection is told, leaves the code, and heals by itself', async () => {
    answerAll(new TypeError('no network'));
    store.connectionFailed();
    await soon();
    await event();
    expect(text()).toContain('Connection lost');
    expect(text()).toContain('The Jupyter server does not answer.');
    expect(text()).toContain('D7KX-92QP');
    answerAll(null);
    await soon(40_000);
    expect(text()).not.toContain('Connection lost');
    expect(text()).toContain('Waiting for you');
    change('int-1', { state: 'declined' });
    store.returned();
    await soon();
    expect(text()).toContain('Sign-in declined');
  });
  test('whose end was missed is shown as it ended', async () => {
    answerAll(new TypeError('no network'));
    await event();
    change('int-1', { state: 'succeeded', username: 'ada' });
    answerAll(null);
    await soon(40_000);
    expect(text()).toBe('Signed in as ada · graph');
  });
  test('whose time is over while nobody answers is not said to have expired', async () => {
    answerAll(new TypeError('no network'));
    await event();
    await soon(1_000_000);
    expect(text()).toContain('The Jupyter server cannot be reached');
    change('int-1', { state: 'succeeded', username: 'ada' });
    answerAll(null);
    await soon(40_000);
    expect(text()).toBe('Signed in as ada · graph');
  });
  test('a request the server knows no more is over', async () => {
    server.clear();
    await event();
    expect(text()).toContain('This sign-in request has ended');
    const before = asked.length;
    await event('https://events.jupyter.org/jupyter_auth/kernels/v1');
    expect(asked.slice(before).filter(path => path.includes('interactions'))).toEqual([]);
  });
  test.each<[string, Reply]>([
    ['401', { status: 401, body: undefined }],
    ['403', { status: 403, body: { error: 'http_403', message: 'Forbidden', hint: '' } }],
    ['a redirect to a page', { status: 200, body: undefined }]
  ])('says what to do when the Jupyter login has ended: %s', async (_, reply) => {
    answerAll(reply);
    await event();
    expect(text()).toContain('Your Jupyter login has ended. Log in to Jupyter again');
    expect(card.shadowRoot?.innerHTML).not.toContain('D7KX');
    answerAll(null);
    store.refresh();
    await soon();
    expect(text()).toContain('D7KX-92QP');
  });
  test('expired, renewed in place, and the cell’s own end changes nothing any more', async () => {
    change('int-1', { state: 'expired' });
    await event();
    await press('renew');
    expect(bodies).toEqual([
      { profile: 'graph', scopes: ['openid', 'User.Read', 'Files.Read'] }
    ]);
    expect(text()).toContain('NEW');
    await show({ id: 'int-1', state: 'expired', profile: 'graph' });
    expect(text()).toContain('NEW');
    change('int-2', { state: 'succeeded', username: 'ada' });
    await event();
    expect(text()).toContain('Signed in as ada');
  });
  test('the cell’s end comes before the event', async () => {
    await show({ id: 'int-1', state: 'declined', profile: 'graph', host: 'idp.example' });
    expect(text()).toContain('declined at idp.example');
    await press('retry');
    expect(bodies).toMatchObject([{ scopes: ['openid', 'User.Read', 'Files.Read'] }]);
  });
  test('a new attempt is for the same account', async () => {
    change('int-1', { state: 'declined', account: 'ada@example.org', login_hint: 'ada' });
    await event();
    await press('retry');
    expect(bodies).toMatchObject([{ account: 'ada@example.org', login_hint: 'ada' }]);
  });
  test('a new attempt that the server refuses', async () => {
    change('int-1', { state: 'declined' });
    await event();
    answerAll({ status: 502, body: { error: 'transport_error', reason: 'unreachable', message: 'x', hint: '' } });
    await press('retry');
    expect(text()).toContain('login.microsoftonline.com did not answer');
    await press('dismiss');
    expect(card.shadowRoot?.querySelector('button')).toBeNull();
  });
  test('a new attempt that the server does not hear can be made again', async () => {
    change('int-1', { state: 'declined' });
    await event();
    answerAll(new TypeError('no network'));
    await press('retry');
    expect(text()).toContain('The Jupyter server did not answer.Try again when the connection is back.');
    answerAll(null);
    await press('retry');
    expect(text()).toContain('NEW');
  });
  test('what another page does with it is seen here', async () => {
    const other = document.body.appendChild(document.createElement(TAG)) as InteractionCard;
    const page = new Store(new Client(answered));
    const there = new Controller(other, page);
    there.show({ id: 'int-1' });
    await soon();
    other.shadowRoot?.querySelector<HTMLElement>('[data-part=cancel]')?.click();
    await event();
    expect(text()).toContain('Sign-in cancelled');
    there.dispose();
    page.dispose();
  });
  test('a card that is gone changes no more', async () => {
    controller.dispose();
    change('int-1', { state: 'declined' });
    await event();
    expect(text()).toContain('D7KX-92QP');
  });
});
