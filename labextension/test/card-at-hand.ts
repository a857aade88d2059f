import { afterEach, beforeEach, vi } from 'vitest';
import { TAG, defineCard, type InteractionCard } from '../src/interaction';
import { NOW, sample } from './samples';

/** The card of this test, and what it has told. */
export let card: InteractionCard;
export let told: [string, string][];

beforeEach(() => {
  vi.useFakeTimers({ now: NOW * 1000 });
  defineCard();
  defineCard();
  told = [];
  card = document.createElement(TAG) as InteractionCard;
  document.body.append(card);
  for (const type of ['ja-cancel', 'ja-retry', 'ja-dismiss', 'ja-opened', 'ja-copied', 'ja-answer', 'ja-switch']) {
    document.body.addEventListener(type, note);
  }
});
afterEach(() => {
  document.body.replaceChildren();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const note = (event: Event): void => void told.push([event.type, (event as CustomEvent<{ id: string }>).detail.id]);
export const root = (): ShadowRoot => card.shadowRoot as ShadowRoot;
export const find = (selector: string): HTMLElement => root().querySelector(selector) as HTMLElement;
export const text = (): string => root().querySelector('.ja')?.textContent ?? '';
export const part = (name: string): HTMLElement => find(`[data-part=${name}]`);
export const show = (changes: Parameters<typeof sample>[0] = {}): void => void (card.interaction = sample(changes));
export const said = (): string => {
  vi.advanceTimersByTime(60);
  return find('[role=status]').textContent ?? '';
};
