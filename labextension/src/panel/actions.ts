import { RestError, type Client, type Said } from '../model/client';
import { again, cancel, signIn, tell } from '../model/requests';
import type { Store } from '../model/store';
import type { Account, Interaction, Kernel, Report, SignInRequest } from '../model/types';
import type { WaitingList } from '../model/waiting';

/** How an ending went: a report, or what the server said instead. */
export type Ended =
  | { of: 'clear'; report: Report }
  | { of: 'sign-out'; report: Report; account: Account }
  | { of: 'clear' | 'sign-out'; problem: RestError | null; account?: Account };

/** What a person can do here. Each asks the server; what came of it is told by `changed`. */
export class Actions {
  /** What was refused, by the profile that was to be signed in to, or by `keyOf` a kernel and a profile. */
  readonly refused = new Map<string, RestError>();
  readonly asking = new Set<string>();
  changed: () => void = () => undefined;
  ended: (ended: Ended) => void = () => undefined;
  shown: (id: string) => void = () => undefined;
  said: (text: string) => void = () => undefined;

  constructor(
    private readonly store: Store,
    readonly waiting: WaitingList
  ) {}

  /** Ask for a sign-in, then show its request; `inPlaceOf` is the one that it follows. */
  async signIn(request: SignInRequest, inPlaceOf?: string): Promise<void> {
    const { profile } = request;
    if (this.asking.has(profile)) {
      return;
    }
    this.asking.add(profile);
    this.refused.delete(profile);
    this.changed();
    try {
      const interaction = await signIn(this.store, request);
      if (inPlaceOf !== undefined) {
        this.waiting.replace(inPlaceOf, interaction.id);
      }
      this.shown(interaction.id);
    } catch (problem) {
      if (problem instanceof RestError) {
        this.refused.set(profile, problem);
      }
    } finally {
      this.asking.delete(profile);
      this.changed();
    }
  }

  retry(interaction: Interaction): Promise<void> {
    return this.signIn(again(interaction), interaction.id);
  }

  async cancel(id: string): Promise<void> {
    try {
      await cancel(this.store, id);
    } catch {
      // the store has noticed, and shows, that the server is gone; else the request had ended before
    }
  }

  /** Answer a request, decide on it, or go on in another way; false where the address belongs to another one. */
  tell(id: string, said: Said): Promise<boolean> {
    return tell(this.store, id, said);
  }

  dismiss(id: string): void {
    this.waiting.dismiss(id);
    this.changed();
  }

  async signOut(account: Account): Promise<void> {
    try {
      const report = await this.store.act(client => client.signOut(account), 'accounts', 'cache');
      this.ended({ of: 'sign-out', report, account });
    } catch (problem) {
      this.ended({ of: 'sign-out', problem: problem instanceof RestError ? problem : null, account });
    }
  }

  async useByDefault(account: Account): Promise<void> {
    this.refused.delete(account.profile);
    try {
      await this.store.act(client => client.useByDefault(account), 'accounts');
    } catch (problem) {
      if (problem instanceof RestError) {
        this.refused.set(account.profile, problem);
      }
    }
    this.changed();
  }

  keyOf({ kernel_id }: Kernel, profile: string): string {
    return `${kernel_id}\n${profile}`;
  }

  /** Take back what a person has said about that kernel and profile; `done` is what to say then. */
  takeBack(kernel: Kernel, profile: string, done: string): Promise<void> {
    return this.rule(kernel, profile, done, client => client.takeBack(kernel, profile));
  }

  /** Keep that kernel from a profile, and with its notebook, if it has one, every kernel to come. */
  block(kernel: Kernel, profile: string, done: string): Promise<void> {
    const remember = kernel.notebook ? 'notebook' : 'kernel';
    return this.rule(kernel, profile, done, client => client.grant(kernel, { profile, decision: 'deny', remember }));
  }

  private async rule(kernel: Kernel, profile: string, done: string, ask: (client: Client) => Promise<unknown>): Promise<void> {
    const key = this.keyOf(kernel, profile);
    this.refused.delete(key);
    try {
      await this.store.act(ask, 'kernels', 'cache');
      this.said(done);
    } catch (problem) {
      if (problem instanceof RestError) {
        this.refused.set(key, problem);
      }
    }
    this.changed();
  }

  async clear(revoke: boolean): Promise<void> {
    try {
      const report = await this.store.act(client => client.clear(revoke), 'accounts', 'cache', 'kernels');
      this.ended({ of: 'clear', report });
    } catch (problem) {
      this.ended({ of: 'clear', problem: problem instanceof RestError ? problem : null });
    }
  }
}
