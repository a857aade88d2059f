import type { Decision } from '../interaction/consent';
import type { Account, Grant, Interaction, Kernel, NewGrant, Report, Resource, SignInRequest } from './types';

/** What came back: `body` is the JSON value, or undefined where it was none; `date` the header of that name. */
export interface Reply {
  status: number;
  body: unknown;
  date?: string | null;
}

const LEAST = 2000; // ms; a Date header has whole seconds only

/** Sends one request below `{base_url}jupyter_auth/v1/`; rejects only where no answer came. */
export type Send = (method: string, path: string, body?: object) => Promise<Reply>;

/** The address that a person pasted, the flow that they chose, or what they answer a kernel. */
export type Said = { url: string } | { flow: string } | Decision;

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
  /** Milliseconds by which the server's clock is ahead of this one, as of its last answer. */
  private ahead = 0;

  constructor(private readonly send: Send) {}

  /** The time in ms, by the server's clock: what it says of times is to be held against that. */
  now(): number {
    return Date.now() + this.ahead;
  }

  read(resource: Resource): Promise<unknown> {
    return this.ask('GET', resource);
  }

  /** One request; null where the server knows none of that id. */
  async interaction(id: string): Promise<Interaction | null> {
    try {
      return (await this.ask('GET', `interactions/${encodeURIComponent(id)}`)) as Interaction;
    } catch (problem) {
      if (problem instanceof RestError && problem.status === 404) {
        return null;
      }
      throw problem;
    }
  }

  signIn(request: SignInRequest): Promise<Interaction> {
    return this.ask('POST', 'interactions', request) as Promise<Interaction>;
  }

  /** Answer a request: with a decision or the address that was pasted; or go on with another flow. */
  tell(id: string, said: Said): Promise<Interaction> {
    return this.ask('POST', `interactions/${encodeURIComponent(id)}`, said) as Promise<Interaction>;
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

  /** Take back what a person has said about that kernel and profile; the kernel's grants afterwards. */
  takeBack({ kernel_id }: Kernel, profile: string): Promise<Grant[]> {
    return this.ask('DELETE', `${grantsOf(kernel_id)}?profile=${encodeURIComponent(profile)}`) as Promise<Grant[]>;
  }

  /** Say something about a kernel that has not asked; the kernel's grants afterwards. */
  grant({ kernel_id }: Kernel, grant: NewGrant): Promise<Grant[]> {
    return this.ask('PUT', grantsOf(kernel_id), grant) as Promise<Grant[]>;
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
    const ahead = Date.parse(reply.date ?? '') - Date.now();
    this.ahead = Math.abs(ahead) > LEAST ? ahead : 0;
    return answerOf(reply);
  }
}

function grantsOf(kernelId: string): string {
  return `kernels/${encodeURIComponent(kernelId)}/grants`;
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
