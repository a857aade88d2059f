/**
 * The prompt card as a custom element. Nothing here knows JupyterLab, so that
 * one card serves the cell, the sidebar and the widget.
 */
import { InteractionCard } from './card';

export { InteractionCard, type CardEvent } from './card';
export { clean } from './clean';
export type { Decision } from './consent';
export { ended, type InteractionModel, type InteractionState, type Requester } from './model';
export { english, fill, template, type Strings, type Values } from './strings';
export { hostOf, isSafeLink } from './urls';
export { ago, duration, scopeWords } from './words';

export const TAG = 'jupyter-auth-card';

/** Make `<jupyter-auth-card>` known; what has been defined stays, since a name can be given once a page. */
export function defineCard(): void {
  if (!customElements.get(TAG)) {
    customElements.define(TAG, InteractionCard);
  }
}
