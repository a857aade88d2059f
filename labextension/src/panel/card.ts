import { TAG, defineCard, type Decision, type InteractionCard, type Strings } from '../interaction';

/** What the card tells of its request, in a bubbling event. */
export type Told = CustomEvent<{ id: string; url?: string; flow?: string } & Partial<Decision>>;
export const CARD_EVENTS = ['ja-cancel', 'ja-retry', 'ja-dismiss', 'ja-answer', 'ja-switch', 'ja-decide'] as const;

/** A card that counts by the server's clock; without `strings` it speaks English. */
export function makeCard(strings: Strings | null, clock: { now(): number }): InteractionCard {
  defineCard();
  const card = document.createElement(TAG) as InteractionCard;
  card.now = () => clock.now();
  if (strings) {
    card.strings = strings;
  }
  return card;
}
