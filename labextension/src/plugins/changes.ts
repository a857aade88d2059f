import type { ServiceManager } from '@jupyterlab/services';

import { concernedBy } from '../model/concerns';
import type { Store } from '../model/store';

/** Keep the store up to date by what the server and the page tell. Nothing here asks by itself. */
export function follow(services: ServiceManager.IManager, store: Store): void {
  store.setAwake(!document.hidden);
  document.addEventListener('visibilitychange', () => store.setAwake(!document.hidden));
  window.addEventListener('online', () => store.returned());
  services.connectionFailure.connect(() => store.connectionFailed());
  services.events.stream.connect((_, event) => store.invalidate(...concernedBy(event.schema_id)));
  let running = '';
  services.sessions.runningChanged.connect((_, models) => {
    // told at every look of the application's own; of use is only which kernels there are, for which files
    const now = JSON.stringify(models.map(model => [model.kernel?.id, model.path]));
    if (now !== running) {
      running = now;
      store.invalidate('kernels');
    }
  });
}
