import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';

import { Client } from '../model/client';
import { BACKGROUND, Store } from '../model/store';
import { transport } from '../model/transport';
import { follow } from './changes';
import { IServer } from './tokens';

/** The one copy of the server's state in this page, for the panel and for the cards in cells; either works alone. */
export const server: JupyterFrontEndPlugin<Store> = {
  id: 'jupyter-token-broker:server',
  description: 'What the server says of sign-ins, kept up to date for the panel and for the cards in cells.',
  autoStart: true,
  provides: IServer,
  activate: (app: JupyterFrontEnd): Store => {
    const store = new Store(new Client(transport(app.serviceManager.serverSettings)));
    follow(app.serviceManager, store);
    void app.restored.then(() => store.invalidate(...BACKGROUND));
    return store;
  }
};
