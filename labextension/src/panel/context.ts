import type { Pieces, Say } from '../model/say';
import type { Store } from '../model/store';
import type { Actions } from './actions';
import type { Strings } from '../interaction';
import type { MenuItem } from './menu';

/** What every part of the panel has at hand. */
export interface Context {
  readonly store: Store;
  readonly actions: Actions;
  readonly say: Say;
  readonly pieces: Pieces;
  readonly cardStrings: Strings | null;
  /** Whether a kernel's question can be answered here: not where the answer would go by way of a kernel. */
  readonly decides: boolean;
  /** Unix seconds, by the server's clock. */
  now(): number;
  /** Open a menu of the panel. */
  menu(anchor: HTMLElement, label: string, items: MenuItem[]): void;
}
