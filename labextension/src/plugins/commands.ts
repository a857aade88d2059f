import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';

import { canSignIn, isOfHub } from '../model/select';
import type { State } from '../model/state';
import { clean } from '../model/text';
import type { Account } from '../model/types';
import { COMMANDS, type ISignIns } from './tokens';

/** The commands, and the entries of the palette: one for each profile and account that there is. */
export function addCommands(app: JupyterFrontEnd, shared: ISignIns, palette: ICommandPalette | null): void {
  const { store, panel, say } = shared;
  const { commands, shell } = app;
  const open = (): void => shell.activateById(panel.id);
  commands.addCommand(COMMANDS.open, {
    label: say('command.open'),
    execute: args => {
      open();
      if (args['request'] !== undefined) {
        panel.showRequest(text(args, 'request') || null);
      } else {
        setTimeout(() => panel.focus()); // once the palette has given back the focus that it took
      }
    }
  });
  commands.addCommand(COMMANDS.signIn, {
    label: args => say('command.signIn', { profile: clean(text(args, 'profile')) }),
    execute: args => {
      open();
      return panel.actions.signIn({ profile: text(args, 'profile') });
    }
  });
  commands.addCommand(COMMANDS.signOut, {
    label: args => say('command.signOut', { username: text(args, 'username'), profile: clean(text(args, 'profile')) }),
    execute: args => {
      open();
      const account = accountOf(store.state, args);
      return account ? panel.actions.signOut(account) : undefined;
    }
  });
  commands.addCommand(COMMANDS.clear, {
    label: say('command.clear'),
    execute: () => {
      open();
      panel.askToClear();
    }
  });
  commands.addCommand(COMMANDS.refresh, { label: say('command.refresh'), execute: () => store.refresh() });
  if (palette) {
    addToPalette(shared, palette);
  }
}

function addToPalette(shared: ISignIns, palette: ICommandPalette): void {
  const category = shared.say('command.category');
  [COMMANDS.open, COMMANDS.clear, COMMANDS.refresh].forEach(command => palette.addItem({ command, category }));
  new PaletteEntries(shared, palette, category).start();
}

/** The palette's entries that come and go with profiles and accounts. */
class PaletteEntries {
  private entries: IDisposable[] = [];
  private last = '';

  constructor(
    private readonly shared: ISignIns,
    private readonly palette: ICommandPalette,
    private readonly category: string
  ) {}

  start(): void {
    this.shared.store.watch(state => this.update(state));
  }

  private update({ data }: State): void {
    const wanted = [
      ...data.profiles
        .filter(canSignIn)
        .map(({ name }) => ({ command: COMMANDS.signIn as string, args: { profile: name } })),
      ...data.accounts.filter(account => !isOfHub(data, account)).map(({ profile, username, home_account_id }) => ({
        command: COMMANDS.signOut as string,
        args: { profile, username: clean(username), account: home_account_id }
      }))
    ];
    const now = JSON.stringify(wanted);
    if (now !== this.last) {
      this.last = now;
      this.entries.forEach(entry => entry.dispose());
      this.entries = wanted.map(entry => this.palette.addItem({ ...entry, category: this.category }));
    }
  }
}

function accountOf({ data }: State, args: ReadonlyPartialJSONObject): Account | undefined {
  const [profile, id] = [text(args, 'profile'), text(args, 'account')];
  return data.accounts.find(account => account.profile === profile && account.home_account_id === id);
}

function text(args: ReadonlyPartialJSONObject, name: string): string {
  const value = args[name];
  return typeof value === 'string' ? value : '';
}
