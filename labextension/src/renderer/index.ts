import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { frontEnd } from '../model/transport';
import type { Store } from '../model/store';
import { cardStrings } from '../plugins/card-strings';
import { IServer } from '../plugins/tokens';
import { MIME_TYPE } from './data';
import { Presence } from './presence';
import { InteractionRenderer } from './widget';

const RANK = 40; // before HTML (50), which stands beside it in a finished output

/** Shows sign-in requests in cells, and lets the server know that it does. */
export const renderer: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-token-broker:renderer',
  description: 'The sign-in card in the output of a cell.',
  autoStart: true,
  requires: [IRenderMimeRegistry, IServer],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    registry: IRenderMimeRegistry,
    store: Store,
    translator: ITranslator | null
  ) => {
    const strings = cardStrings(translator ?? nullTranslator);
    const createRenderer = (): InteractionRenderer => new InteractionRenderer(store, strings);
    registry.addFactory({ safe: true, mimeTypes: [MIME_TYPE], createRenderer }, RANK);
    // Last, when cards can be shown and would be kept up to date.
    new Presence(() => frontEnd(app.serviceManager.serverSettings), {
      lost: () => store.connectionFailed(),
      returned: () => store.returned()
    });
  }
};
