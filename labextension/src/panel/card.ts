import type { Say } from '../model/say';
import type { Interaction } from '../model/types';
import { name } from './dom';

const TAG = 'jupyter-auth-card';

/** Says the card's own sentences, by key, in the person's language. */
export type CardStrings = (key: string, values?: Record<string, string | number>) => string;

/** The prompt card, as the panel knows it: an element that is given a request and tells what a person does. */
export interface CardElement extends HTMLElement {
  interaction: Interaction;
  strings: CardStrings;
}

/** What the card tells, by bubbling events whose `detail` is `{id}`. */
export type CardEvent = CustomEvent<{ id: string }>;
export const CARD_EVENTS = ['ja-cancel', 'ja-retry', 'ja-dismiss'] as const;

/** A card; without `strings` it speaks English. */
export function makeCard(strings: CardStrings | null): CardElement {
  const card = document.createElement(TAG) as CardElement;
  if (strings) {
    card.strings = strings;
  }
  return card;
}

/** Give the card its request; where the element is not defined, say what it would show in words. */
export function showIn(card: CardElement, interaction: Interaction, say: Say): void {
  card.interaction = interaction;
  if (!customElements.get(TAG)) {
    const state = interaction.state === 'pending' ? say('side.section.pending') : interaction.state;
    card.replaceChildren(name(interaction.title || interaction.profile), ` · ${state}`);
  }
}
