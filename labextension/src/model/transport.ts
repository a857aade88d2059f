import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { Send } from './client';

/** Requests as the application sends its own: with its token or its cookie, and the header against forgery. */
export function transport(settings: ServerConnection.ISettings): Send {
  const base = URLExt.join(settings.baseUrl, 'jupyter_auth', 'v1');
  return async (method, path, body) => {
    const init: RequestInit = { method, cache: 'no-store' };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { 'Content-Type': 'application/json' };
    }
    const response = await ServerConnection.makeRequest(`${base}/${path}`, init, settings);
    return { status: response.status, body: await jsonOf(response) };
  };
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return (await response.json()) as unknown;
  } catch {
    return undefined;
  }
}
