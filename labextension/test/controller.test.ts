import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TAG, defineCard, ended, type InteractionCard, type InteractionModel } from '../src/interaction';
import { Client, type Reply } from '../src/model/client';
import { concernedBy } from '../src/model/concerns';
import { Store } from '../src/model/store';
import { Controller } from '../src/renderer/controller';
import { sample, NOW } from './samples';

const SCHEMA = 'https://events.jupyter.org/jupyter_auth/interactions/v1';

let card: InteractionCard;
let store: Store;
let controller: Controller;
let server: Map<string, InteractionModel>;
/** What the server answers instead, to everything. */
let instead: Reply | Error | null;
let asked: string[];
let bodies: unknown[];

beforeEach(() => {
  vi.useFakeTimers({ now: NOW * 1000 });
  defineCard();
  server = new Map();
  instead = null;
  asked = [];
  bodies = [];
  add(sample());
  card = document.body.appendChild(document.createElement(TAG)) as InteractionCard;
  store = new Store(new Client(answered));
  controller = new Controller(card, store);
});
afterEach(() => {
  controller.dispose();
  store.dispose();
  document.body.replaceChildren();
  vi.useRealTimers();
});

/** The server: its REST resources, as far as requests are concerned. */
function answered(method: string, path: string, body?: object): Promise<Reply> {
  asked.push(`${method} ${path}`);
  if (instead) {
    return instead instanceof Error ? Promise.reject(instead) : Promise.resolve(instead);
  }
  const id = path.split('/')[1];
  if (method === 'POST' && id !== undefined) {
    bodies.push(body);
    const url = (body as { url?: string }).url;
    if (url?.includes('elsewhere')) {
      return Promise.resolve({ status: 400, body: { error: 'profile_error', reason: 'wrong_address' } });
    }
    return Promise.resolve({ status: 200, body: change(id, url ? { state: 'succeeded', username: 'ada' } : {}) });
  }
  if (method === 'POST') {
    bodies.push(body);
    return Promise.resolve({ status: 201, body: add(sample({ id: 'int-2', user_code: 'NEW' })) });
  }
  if (id === undefined) {
    return Promise.resolve({ status: 200, body: path === 'interactions' ? Array.from(server.values()) : [] });
  }
  const found = server.get(id);
  const value = found && method === 'DELETE' ? change(id, { state: 'cancelled' }) : found;
  return Promise.resolve(value ? { status: 200, body: value } : { status: 404, body: { error: 'http_404' } });
}

const add = (interaction: InteractionModel): InteractionModel => {
  server.set(interaction.id, interaction);
  return interaction;
};
const change = (id: string, changes: Partial<InteractionModel>): InteractionModel =>
  add({ ...(server.get(id) ?? sample()), ...changes });
const soon = (ms = 300): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const event = async (schema = SCHEMA): Promise<void> => {
  store.invalidate(...concernedBy(schema));
  await soon();
};
const show = async (data: unknown): Promise<void> => {
  controller.show(data);
  await soon();
};
const text = (): string => card.shadowRoot?.querySelector('.ja > div')?.textContent ?? '';
const press = async (part: string): Promise<void> => {
  card.shadowRoot?.querySelector<HTMLElement>(`[data-part=${part}]`)?.click();
  await soon();
};

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
    instead = new TypeError('no network');
    await press('other');
    expect(text()).toContain('Connection lost');
  });
  test('a lost connection is told, leaves the code, and heals by itself', async () => {
    instead = new TypeError('no network');
    store.connectionFailed();
    await soon();
    await event();
    expect(text()).toContain('Connection lost');
    expect(text()).toContain('The Jupyter server does not answer.');
    expect(text()).toContain('D7KX-92QP');
    instead = null;
    await soon(40_000);
    expect(text()).not.toContain('Connection lost');
    expect(text()).toContain('Waiting for you');
    change('int-1', { state: 'declined' });
    store.returned();
    await soon();
    expect(text()).toContain('Sign-in declined');
  });
  test('whose end was missed is shown as it ended', async () => {
    instead = new TypeError('no network');
    await event();
    change('int-1', { state: 'succeeded', username: 'ada' });
    instead = null;
    await soon(40_000);
    expect(text()).toBe('Signed in as ada · graph');
  });
  test('whose time is over while nobody answers is not said to have expired', async () => {
    instead = new TypeError('no network');
    await event();
    await soon(1_000_000);
    expect(text()).toContain('The Jupyter server cannot be reached');
    change('int-1', { state: 'succeeded', username: 'ada' });
    instead = null;
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
    instead = reply;
    await event();
    expect(text()).toContain('Your Jupyter login has ended. Log in to Jupyter again');
    expect(card.shadowRoot?.innerHTML).not.toContain('D7KX');
    instead = null;
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
    instead = { status: 502, body: { error: 'transport_error', reason: 'unreachable', message: 'x', hint: '' } };
    await press('retry');
    expect(text()).toContain('login.microsoftonline.com did not answer');
    await press('dismiss');
    expect(card.shadowRoot?.querySelector('button')).toBeNull();
  });
  test('a new attempt that the server does not hear can be made again', async () => {
    change('int-1', { state: 'declined' });
    await event();
    instead = new TypeError('no network');
    await press('retry');
    expect(text()).toContain('The Jupyter server did not answer.Try again when the connection is back.');
    instead = null;
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
    instead = new TypeError('no network');
    await show({ id: 'int-1' });
    expect(text()).toContain('cannot be reached');
    instead = null;
    await soon(5000);
    expect(text()).toContain('D7KX-92QP');
  });
  test('a server that fails says so in its own words', async () => {
    instead = { status: 503, body: { error: 'cache_error', message: 'The disk is full.', hint: '' } };
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
