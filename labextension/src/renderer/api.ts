import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { InteractionModel } from '../interaction';
import { Refused, type Api } from './controller';

const PREFIX = 'jupyter_auth/v1';
const LEAST = 2000; // ms; a Date header has whole seconds only

/** The interactions of a Jupyter server, over REST. */
export class RestApi implements Api {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  ahead = 0;

  async get(id: string): Promise<InteractionModel | null> {
    return this._known(await this._ask(`interactions/${encodeURIComponent(id)}`));
  }

  async cancel(id: string): Promise<InteractionModel | null> {
    return this._known(await this._ask(`interactions/${encodeURIComponent(id)}`, { method: 'DELETE' }));
  }

  async start({ profile, scopes, flow }: InteractionModel): Promise<InteractionModel> {
    // A request that is known by its saved end only has no scopes: then the profile's.
    const body = JSON.stringify({ profile, flow, ...(scopes.length ? { scopes } : {}) });
    const headers = { 'Content-Type': 'application/json' };
    return this._read(await this._ask('interactions', { method: 'POST', body, headers }));
  }

  /** The websocket that says that this page is there. */
  presence(): WebSocket {
    const { WebSocket, wsUrl, appendToken, token } = this._settings;
    const url = URLExt.join(wsUrl, PREFIX, 'frontend');
    return new WebSocket(appendToken && token ? `${url}?token=${encodeURIComponent(token)}` : url);
  }

  private async _ask(path: string, init: RequestInit = {}): Promise<Response> {
    const url = URLExt.join(this._settings.baseUrl, PREFIX, path);
    const response = await ServerConnection.makeRequest(url, { cache: 'no-store', ...init }, this._settings);
    const ahead = Date.parse(response.headers.get('Date') ?? '') - Date.now();
    this.ahead = Math.abs(ahead) > LEAST ? ahead : 0;
    return response;
  }

  private async _known(response: Response): Promise<InteractionModel | null> {
    return response.status === 404 ? null : this._read(response);
  }

  private async _read(response: Response): Promise<InteractionModel> {
    const answer: unknown = await response.json();
    if (!response.ok) {
      throw new Refused(answer as Refused['answer']);
    }
    return answer as InteractionModel;
  }
}
