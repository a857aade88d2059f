import { ILabShell, ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { sayer } from '../model/say';
import type { Store } from '../model/store';
import { SignInsPanel } from '../panel/sidebar';
import { DOMAIN, STRINGS, translateBy } from '../panel/strings';
import { addCommands } from './commands';
import { cardStrings } from './card-strings';
import { Settings } from './settings';
import { ID, IServer, ISignIns } from './tokens';

/** The panel, left in JupyterLab and right in Notebook 7, its commands and its settings. */
export const sidebar: JupyterFrontEndPlugin<ISignIns> = {
  id: ID,
  description: 'The Sign-ins panel: who is signed in, what waits, which notebooks use what.',
  autoStart: true,
  provides: ISignIns,
  requires: [IServer],
  optional: [ILabShell, ICommandPalette, ITranslator, ISettingRegistry, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    store: Store,
    labShell: ILabShell | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null,
    registry: ISettingRegistry | null,
    restorer: ILayoutRestorer | null
  ): ISignIns => {
    const translate = translateBy((translator ?? nullTranslator).load(DOMAIN));
    const say = sayer(STRINGS, translate);
    const settings = new Settings();
    const panel = new SignInsPanel({
      store,
      translate,
      cardStrings: cardStrings(translator ?? nullTranslator),
      openSettings: () => void openSettings(app, say('side.title')),
      logIn,
      folded: sections => void settings.saveFolded(sections)
    });
    settings.changed.connect(() => panel.fold(settings.folded));
    app.shell.add(panel, labShell ? 'left' : 'right', { rank: 650, type: say('side.title') });
    restorer?.add(panel, panel.id);
    const shared = { store, panel, settings, say, translate };
    addCommands(app, shared, palette);
    void registry?.load(ID).then(
      loaded => settings.use(loaded),
      () => undefined
    );
    return shared;
  }
};

async function openSettings(app: JupyterFrontEnd, query: string): Promise<void> {
  if (app.commands.hasCommand('settingeditor:open')) {
    await app.commands.execute('settingeditor:open', { query });
  }
}

/** Jupyter's own login, which leads back here. */
function logIn(): void {
  const login = URLExt.join(PageConfig.getBaseUrl(), 'login');
  window.location.assign(`${login}?next=${encodeURIComponent(window.location.pathname)}`);
}
