import { Token } from '@lumino/coreutils';

import type { Say, Translate } from '../model/say';
import type { Store } from '../model/store';
import type { SignInsPanel } from '../panel/sidebar';
import type { Settings } from './settings';

export const ID = 'jupyter-token-broker:plugin';

export const COMMANDS = {
  open: 'jupyter-auth:open',
  signIn: 'jupyter-auth:sign-in',
  signOut: 'jupyter-auth:sign-out',
  clear: 'jupyter-auth:clear-cache',
  refresh: 'jupyter-auth:refresh'
} as const;

/** What the extension's plugins share: the one store of this page and its panel. */
export interface ISignIns {
  readonly store: Store;
  readonly panel: SignInsPanel;
  readonly settings: Settings;
  readonly say: Say;
  readonly translate: Translate;
}

/** The server's state: without the panel, too. */
export const IServer = new Token<Store>('jupyter-token-broker:IServer', 'What the server says of sign-ins.');

export const ISignIns = new Token<ISignIns>('jupyter-token-broker:ISignIns', 'The sign-ins of this server.');
