import type { Account, Interaction, Report, Resource, SignInRequest } from './types';

/** What came back: `body` is the JSON value, or undefined where it was none. */
export interface Reply {
  status: number;
  body: unknown;
}

/** Sends one request below `{base_url}jupyter_auth/v1/`; rejects only where no answer came. */
export type Send = (method: string, path: string, body?: object) => Promise<Reply>;

/** No answer of ours: the server is gone, or something between us answers in its place. */
export class Unreachable extends Error {}

/** The Jupyter login is no longer accepted. */
export class LoginEnded extends Error {}

/** The server's own typed error. */
export class RestError extends Error {
  constructor(
    readonly status: number,
    readonly error: string,
    message: string,
    readonly hint: string,
    readonly reason = ''
  ) {
    super(message);
  }
}

/** The REST resources, as promises that reject with one of the three errors above. */
export class Client {
  constructor(private readonly send: Send) {}

  read(resource: Resource): Promise<unknown> {
    return this.ask('GET', resource);
  }

  signIn(request: SignInRequest): Promise<Interaction> {
    return this.ask('POST', 'interactions', request) as Promise<Interaction>;
  }

  cancel(id: string): Promise<Interaction> {
    return this.ask('DELETE', `interactions/${encodeURIComponent(id)}`) as Promise<Interaction>;
  }

  signOut(account: Account): Promise<Report> {
    const path = `accounts/${encodeURIComponent(account.home_account_id)}`;
    return this.ask('DELETE', path, { profile: account.profile }) as Promise<Report>;
  }

  /** Use the account where a notebook names none. */
  useByDefault({ home_account_id, profile }: Account): Promise<Account[]> {
    const path = `accounts/${encodeURIComponent(home_account_id)}?profile=${encodeURIComponent(profile)}`;
    return this.ask('PUT', path, { default: true }) as Promise<Account[]>;
  }

  clear(revoke: boolean): Promise<Report> {
    return this.ask('DELETE', 'cache', { revoke }) as Promise<Report>;
  }

  private async ask(method: string, path: string, body?: object): Promise<unknown> {
    let reply: Reply;
    try {
      reply = await this.send(method, path, body);
    } catch (problem) {
      throw new Unreachable(problem instanceof Error ? problem.message : '');
    }
    return answerOf(reply);
  }
}

/** The value of a reply, or the error that it is. */
export function answerOf({ status, body }: Reply): unknown {
  const slug = text(body, 'error');
  if (status >= 200 && status < 300 && body !== undefined) {
    return body;
  }
  // 200 with a page: Jupyter, or what stands before it, has redirected to its login
  if (status === 401 || (status === 403 && slug === 'http_403') || status < 300) {
    throw new LoginEnded();
  }
  if (slug) {
    throw new RestError(status, slug, text(body, 'message'), text(body, 'hint'), text(body, 'reason'));
  }
  if (status === 403) {
    throw new LoginEnded();
  }
  if (status >= 500) {
    throw new Unreachable(); // a proxy's own page
  }
  throw new RestError(status, `http_${status}`, '', '');
}

function text(body: unknown, name: string): string {
  const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : '';
  return typeof value === 'string' ? value : '';
}
