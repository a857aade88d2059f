import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { InteractionCard } from '../../src/interaction';
import { Client, type Reply } from '../../src/model/client';
import type { Interaction } from '../../src/model/types';
import { Store } from '../../src/model/store';
import { WaitingList } from '../../src/model/waiting';
import { Actions } from '../../src/panel/actions';
import type { Context } from '../../src/panel/context';
import { Waiting } from '../../src/panel/waiting';
import { sample, NOW } from '../samples';
import { say } from './samples';

let rows: Interaction[];
let isGone: boolean;
let store: Store;
let waiting: Waiting;
let asked: unknown[];

function answered(method: string, path: string, body?: object): Promise<Reply> {
  if (isGone) {
    return Promise.reject(new TypeError('refused'));
  }
  if (method === 'POST') {
    asked.push(body);
  }
  if (method === 'DELETE') {
    rows = rows.map(row => (path.endsWith(row.id) ? { ...row, state: 'cancelled' } : row));
    return Promise.resolve({ status: 200, body: rows[0] });
  }
  return Promise.resolve({ status: 200, body: path === 'interactions' ? rows : [] });
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW * 1000 });
  [rows, isGone, asked] = [[sample()], false, []];
  store = new Store(new Client(answered));
  const actions = new Actions(store, new WaitingList());
  const context = { store, actions, say, cardStrings: null, decides: true } as unknown as Context;
  waiting = new Waiting(context, () => undefined);
  document.body.append(waiting.section.node);
  store.watch(state => waiting.update(state));
});
afterEach(() => {
  store.dispose();
  document.body.replaceChildren();
  vi.useRealTimers();
});

const cards = (): string[] =>
  Array.from(document.querySelectorAll<InteractionCard>('jupyter-auth-card'), card => card.shadowRoot?.textContent ?? '');
const read = async (): Promise<void> => {
  store.invalidate('interactions');
  await vi.advanceTimersByTimeAsync(300);
};

it('tells of a lost connection in the card, too, and how the request ended when it is back', async () => {
  await read();
  expect(cards()[0]).toContain('Waiting for you');
  isGone = true;
  await read();
  expect(cards()[0]).toContain('Connection lost');
  expect(cards()[0]).toContain('D7KX-92QP');
  [rows, isGone] = [[], false];
  await vi.advanceTimersByTimeAsync(2000);
  expect(cards()[0]).toContain('This sign-in request has ended');
  expect(cards()[0]).not.toContain('D7KX');
});

it('shows what another page has done', async () => {
  await read();
  rows = [sample({ state: 'succeeded', username: 'ada' })];
  await read();
  expect(cards()[0]).toContain('Signed in as ada');
});

it('holds no more than the answer when it is cancelled here', async () => {
  await read();
  document
    .querySelector('jupyter-auth-card')
    ?.shadowRoot?.querySelector<HTMLElement>('[data-part=cancel]')
    ?.click();
  await vi.advanceTimersByTimeAsync(1);
  expect(cards()[0]).toContain('Sign-in cancelled');
});

it('holds no code while the page is hidden, and keeps the place of the keyboard', async () => {
  await read();
  const card = document.querySelector('jupyter-auth-card') as InteractionCard;
  card.focus();
  waiting.see(false);
  expect(cards()[0]).not.toContain('D7KX');
  store.learn(sample());
  expect(cards()[0]).not.toContain('D7KX');
  await vi.advanceTimersByTimeAsync(1000);
  waiting.see(true);
  waiting.update(store.state);
  expect(cards()[0]).not.toContain('D7KX');
  await read();
  expect(cards()[0]).toContain('D7KX-92QP');
  expect(document.activeElement).toBe(card);
});

it('takes the answer to a kernel’s question, and shows it for some seconds', async () => {
  rows = [sample({ flow: 'consent', user_code: null, verification_uri: null })];
  await read();
  expect(cards()[0]).toContain('sales-forecast.ipynb wants to use graph');
  await vi.advanceTimersByTimeAsync(600);
  const card = document.querySelector('jupyter-auth-card') as InteractionCard;
  rows = [sample({ flow: 'consent', state: 'declined' })];
  card.shadowRoot?.querySelector<HTMLElement>('[data-part=never]')?.click();
  await vi.advanceTimersByTimeAsync(300);
  expect(asked).toEqual([{ decision: 'deny', remember: 'kernel' }]);
  expect(cards()[0]).toContain('Not allowed to use graph.');
  await vi.advanceTimersByTimeAsync(6000);
  waiting.update(store.state);
  expect(cards()).toEqual([]);
});

it('asks anew for the same account', async () => {
  rows = [sample({ account: 'ada@example.org' })];
  await read();
  rows = [sample({ account: 'ada@example.org', state: 'declined' })];
  await read();
  document.querySelector('jupyter-auth-card')?.shadowRoot?.querySelector<HTMLElement>('[data-part=retry]')?.click();
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toEqual([{ profile: 'graph', scopes: rows[0]?.scopes, account: 'ada@example.org' }]);
});

it('unfolds for a new request, and stays folded for those that waited when it was folded', async () => {
  const { node } = waiting.section;
  node.open = false;
  await read();
  expect(node.open).toBe(true);
  node.open = false;
  await read();
  expect(node.open).toBe(false);
  rows = [sample(), sample({ id: 'int-2' })];
  await read();
  expect(node.open).toBe(true);
});
