import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TAG, defineCard, ended, type InteractionCard, type InteractionModel } from '../src/interaction';
import { Controller, Refused } from '../src/renderer/controller';
import { EventFeed, SCHEMA } from '../src/renderer/feed';
import { sample, NOW } from './samples';

let card: InteractionCard;
let feed: EventFeed;
let controller: Controller;
let server: Map<string, InteractionModel>;
const api = {
  ahead: 0,
  get: vi.fn((id: string) => Promise.resolve(server.get(id) ?? null)),
  cancel: vi.fn((id: string) => Promise.resolve(change(id, { state: 'cancelled' }))),
  start: vi.fn((_: InteractionModel) => Promise.resolve(add(sample({ id: 'int-2', user_code: 'NEW' }))))
};

beforeEach(() => {
  vi.useFakeTimers({ now: NOW * 1000 });
  defineCard();
  server = new Map();
  add(sample());
  card = document.body.appendChild(document.createElement(TAG)) as InteractionCard;
  feed = new EventFeed();
  controller = new Controller(card, api, feed);
});
afterEach(() => {
  document.body.replaceChildren();
  vi.clearAllMocks();
  vi.useRealTimers();
});

const add = (interaction: InteractionModel): InteractionModel => {
  server.set(interaction.id, interaction);
  return interaction;
};
const change = (id: string, changes: Partial<InteractionModel>): InteractionModel =>
  add({ ...(server.get(id) ?? sample()), ...changes });
const event = async (id: string, schema_id = SCHEMA): Promise<void> => {
  feed.heard({ schema_id, id });
  await vi.advanceTimersByTimeAsync(1);
};
const text = (): string => card.shadowRoot?.querySelector('.ja > div')?.textContent ?? '';
const press = async (part: string): Promise<void> => {
  card.shadowRoot?.querySelector<HTMLElement>(`[data-part=${part}]`)?.click();
  await vi.advanceTimersByTimeAsync(1);
};

describe('a live request', () => {
  beforeEach(() => controller.show({ id: 'int-1' }));

  test('is asked for once, then when an event names it', async () => {
    expect(text()).toContain('D7KX-92QP');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(api.get).toHaveBeenCalledTimes(1);
    await event('int-7');
    await event('int-1', 'https://events.jupyter.org/jupyter_auth/cache/v1');
    expect(api.get).toHaveBeenCalledTimes(1);
    change('int-1', { state: 'succeeded', username: 'ada' });
    await event('int-1');
    expect(text()).toBe('Signed in as ada · graph');
    await event('int-1');
    expect(api.get).toHaveBeenCalledTimes(2);
  });
  test('events that come together are one question more', async () => {
    for (let i = 0; i < 50; i++) {
      feed.heard({ schema_id: SCHEMA, id: 'int-1' });
    }
    await vi.advanceTimersByTimeAsync(1);
    expect(api.get.mock.calls.length).toBeLessThanOrEqual(3);
  });
  test('is cancelled from the card', async () => {
    await press('cancel');
    expect(api.cancel).toHaveBeenCalledWith('int-1');
    expect(text()).toContain('Sign-in cancelled');
  });
  test('a lost connection leaves the card; its return asks again', async () => {
    api.get.mockRejectedValueOnce(new TypeError('no network'));
    await event('int-1');
    expect(text()).toContain('D7KX-92QP');
    change('int-1', { state: 'declined' });
    feed.returned();
    await vi.advanceTimersByTimeAsync(1);
    expect(text()).toContain('Sign-in declined');
  });
  test('a request the server knows no more is over', async () => {
    server.clear();
    await event('int-1');
    expect(text()).toContain('This sign-in request has ended');
  });
  test('expired, renewed in place, and the cell’s own end changes nothing any more', async () => {
    change('int-1', { state: 'expired' });
    await event('int-1');
    await press('renew');
    expect(api.start.mock.calls[0]?.[0].scopes).toEqual(['openid', 'User.Read', 'Files.Read']);
    expect(text()).toContain('NEW');
    await controller.show({ id: 'int-1', state: 'expired', profile: 'graph' });
    expect(text()).toContain('NEW');
    change('int-2', { state: 'succeeded', username: 'ada' });
    await event('int-2');
    expect(text()).toContain('Signed in as ada');
  });
  test('the cell’s end comes before the event', async () => {
    await controller.show({ id: 'int-1', state: 'declined', profile: 'graph', host: 'idp.example' });
    expect(text()).toContain('declined at idp.example');
    await press('retry');
    expect(api.start.mock.calls[0]?.[0].scopes).toEqual(['openid', 'User.Read', 'Files.Read']);
  });
  test('a new attempt that the server refuses', async () => {
    change('int-1', { state: 'declined' });
    await event('int-1');
    api.start.mockRejectedValueOnce(new Refused({ reason: 'unreachable', message: 'x', hint: '' }));
    await press('retry');
    expect(text()).toContain('login.microsoftonline.com did not answer');
    await press('dismiss');
    expect(card.shadowRoot?.querySelector('button')).toBeNull();
  });
  test('a card that is gone asks no more', async () => {
    controller.dispose();
    await event('int-1');
    expect(api.get).toHaveBeenCalledTimes(1);
  });
});

describe('from a saved notebook', () => {
  test('an end is one line, and the server is not asked', async () => {
    await controller.show({ id: 'int-1', state: 'succeeded', username: 'ada', profile: 'lake' });
    expect(text()).toBe('Signed in as ada · lake');
    await controller.show({ id: 'int-1', state: 'failed', message: '<b>x</b>', hint: 'Do y.' });
    expect(text()).toBe('Sign-in failed. <b>x</b> Do y.');
    expect(card.shadowRoot?.querySelector('button, b')).toBeNull();
    expect(api.get).not.toHaveBeenCalled();
  });
  test('a request that is long over', async () => {
    server.clear();
    await controller.show({ id: 'int-1' });
    expect(text()).toContain('Run the cell again');
  });
  test('no server', async () => {
    api.get.mockRejectedValueOnce(new TypeError('no network'));
    await controller.show({ id: 'int-1' });
    expect(text()).toContain('cannot be reached');
    feed.returned();
    await vi.advanceTimersByTimeAsync(1);
    expect(text()).toContain('D7KX-92QP');
  });
  test.each([null, 7, 'x', [], {}, { id: '../../x' }, { id: 5 }, { id: 'a'.repeat(99) }, { id: '', state: 'pending' }])(
    '%j',
    async data => {
      await controller.show(data);
      expect(text()).toContain('This sign-in request has ended');
      expect(api.get).not.toHaveBeenCalled();
    }
  );
  test('a code that somebody put into the data is not shown', async () => {
    await controller.show({ id: 'x', state: 'failed', user_code: 'EVIL', verification_uri: 'https://evil.example' });
    expect(card.shadowRoot?.innerHTML).not.toMatch(/evil/i);
    expect(ended({ user_code: 'EVIL' }).user_code).toBeNull();
  });
});
