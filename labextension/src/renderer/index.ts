import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { RestApi } from './api';
import { MIME_TYPE } from './data';
import { EventFeed } from './feed';
import { Presence } from './presence';
import { translated } from './strings';
import { InteractionRenderer } from './widget';

const RANK = 40; // before HTML (50), which stands beside it in a finished output

/** Shows sign-in requests in cells, and lets the server know that it does. */
export const renderer: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-token-broker:renderer',
  description: 'The sign-in card in the output of a cell.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, registry: IRenderMimeRegistry, translator: ITranslator | null) => {
    const { events, serverSettings } = app.serviceManager;
    const api = new RestApi(serverSettings);
    const feed = new EventFeed();
    const strings = translated((translator ?? nullTranslator).load('jupyter_auth'));
    const createRenderer = (): InteractionRenderer => new InteractionRenderer(api, feed, strings);
    registry.addFactory({ safe: true, mimeTypes: [MIME_TYPE], createRenderer }, RANK);
    events.stream.connect((_, event) => feed.heard(event));
    // Last, when cards can be shown and would be kept up to date.
    new Presence(
      () => api.presence(),
      () => feed.returned()
    );
  }
};
