import { afterEach, beforeEach, vi } from 'vitest';
import { TAG, defineCard, type InteractionCard, type InteractionModel } from '../src/interaction';
import { Client, type Reply } from '../src/model/client';
import { concernedBy } from '../src/model/concerns';
import { Store } from '../src/model/store';
import { Controller } from '../src/renderer/controller';
import { sample, NOW } from './samples';

export const SCHEMA = 'https://events.jupyter.org/jupyter_auth/interactions/v1';

export let card: InteractionCard;
export let store: Store;
export let controller: Controller;
export let server: Map<string, InteractionModel>;
/** What the server answers instead, to everything. */
let instead: Reply | Error | null;
export let asked: string[];
export let bodies: unknown[];

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
export function answered(method: string, path: string, body?: object): Promise<Reply> {
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

export const add = (interaction: InteractionModel): InteractionModel => {
  server.set(interaction.id, interaction);
  return interaction;
};
export const change = (id: string, changes: Partial<InteractionModel>): InteractionModel =>
  add({ ...(server.get(id) ?? sample()), ...changes });
export const soon = (ms = 300): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
export const event = async (schema = SCHEMA): Promise<void> => {
  store.invalidate(...concernedBy(schema));
  await soon();
};
export const show = async (data: unknown): Promise<void> => {
  controller.show(data);
  await soon();
};
export const text = (): string => card.shadowRoot?.querySelector('.ja > div')?.textContent ?? '';
export const press = async (part: string): Promise<void> => {
  card.shadowRoot?.querySelector<HTMLElement>(`[data-part=${part}]`)?.click();
  await soon();
};
/** From here on, the server answers this to everything; null: as it should. */
export const answerAll = (answer: Reply | Error | null): void => void (instead = answer);
