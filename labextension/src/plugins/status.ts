import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { Widget } from '@lumino/widgets';

import { summary, type Summary } from '../model/summary';
import type { State } from '../model/state';
import { h, setAttribute, setText } from '../panel/dom';
import { icon, type IconName } from '../interaction/icons';
import { COMMANDS, ISignIns } from './tokens';

const ICONS: Record<Summary['kind'], [IconName, string]> = {
  waiting: ['key', 'ja-is-accent'],
  'signed-in': ['key', ''],
  none: ['key', ''],
  unknown: ['key', ''],
  lost: ['lost', ''],
  locked: ['lock', '']
};

/** The status bar's item: a key and a few words; a click opens the panel. */
class StatusItem extends Widget {
  private readonly words = h('span');
  private readonly button: HTMLButtonElement;
  private kind = '';

  constructor(private readonly shared: ISignIns, open: () => void) {
    super();
    this.addClass('ja');
    this.button = h('button', 'ja-status', { type: 'button' });
    this.button.addEventListener('click', open);
    this.node.append(this.button);
    this.update_(shared.store.state);
    shared.store.watch(state => this.update_(state));
  }

  private update_(state: State): void {
    const { kind, text } = summary(state, this.shared.say);
    if (kind !== this.kind) {
      this.kind = kind;
      const [shape, classes] = ICONS[kind];
      this.button.replaceChildren(icon(shape, classes), this.words);
    }
    setText(this.words, text);
    setAttribute(this.button, 'title', this.shared.say('bar.hint'));
  }
}

export const status: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-token-broker:status',
  description: 'How many are signed in, in the status bar.',
  autoStart: true,
  requires: [ISignIns],
  optional: [IStatusBar],
  activate: (app: JupyterFrontEnd, shared: ISignIns, bar: IStatusBar | null): void => {
    const { settings } = shared;
    if (!bar) {
      return;
    }
    const item = new StatusItem(shared, () => void app.commands.execute(COMMANDS.open));
    bar.registerStatusItem('jupyter-token-broker:status', {
      item,
      align: 'right',
      rank: 90,
      isActive: () => settings.statusItem,
      activeStateChanged: settings.changed
    });
  }
};
