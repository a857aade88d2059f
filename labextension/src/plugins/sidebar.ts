import { ILabShell, ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { Client } from '../model/client';
import { sayer } from '../model/say';
import { Store } from '../model/store';
import { transport } from '../model/transport';
import { SignInsPanel } from '../panel/sidebar';
import { DOMAIN, STRINGS, translateBy } from '../panel/strings';
import { translated } from '../renderer/strings';
import { addCommands } from './commands';
import { follow } from './changes';
import { Settings } from './settings';
import { ID, ISignIns } from './tokens';

/** The panel, left in JupyterLab and right in Notebook 7, its commands and its settings. */
export const sidebar: JupyterFrontEndPlugin<ISignIns> = {
  id: ID,
  description: 'The Sign-ins panel: who is signed in, what waits, which notebooks use what.',
  autoStart: true,
  provides: ISignIns,
  optional: [ILabShell, ICommandPalette, ITranslator, ISettingRegistry, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    labShell: ILabShell | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null,
    registry: ISettingRegistry | null,
    restorer: ILayoutRestorer | null
  ): ISignIns => {
    const bundle = (translator ?? nullTranslator).load(DOMAIN);
    const translate = translateBy(bundle);
    const say = sayer(STRINGS, translate);
    const store = new Store(new Client(transport(app.serviceManager.serverSettings)));
    const settings = new Settings();
    const panel = new SignInsPanel({
      store,
      translate,
      cardStrings: translated(bundle),
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
    void app.restored.then(() => follow(app.serviceManager, store));
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
