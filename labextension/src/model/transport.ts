import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { Send } from './client';

const PREFIX = 'jupyter_auth/v1';

/** Requests as the application sends its own: with its token or its cookie, and the header against forgery. */
export function transport(settings: ServerConnection.ISettings): Send {
  const base = URLExt.join(settings.baseUrl, PREFIX);
  return async (method, path, body) => {
    const init: RequestInit = { method, cache: 'no-store' };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { 'Content-Type': 'application/json' };
    }
    const response = await ServerConnection.makeRequest(`${base}/${path}`, init, settings);
    return { status: response.status, body: await jsonOf(response), date: response.headers.get('Date') };
  };
}

/** The websocket that says to the server that this page is there. */
export function frontEnd({ WebSocket, wsUrl, appendToken, token }: ServerConnection.ISettings): WebSocket {
  const url = URLExt.join(wsUrl, PREFIX, 'frontend');
  return new WebSocket(appendToken && token ? `${url}?token=${encodeURIComponent(token)}` : url);
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return (await response.json()) as unknown;
  } catch {
    return undefined;
  }
}
