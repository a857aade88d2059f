import { Client, LoginEnded, RestError } from './client';
import { REAL_CLOCK, type Clock } from './clock';
import { retryDelay } from './retry';
import { INITIAL, reduce, type Action, type State } from './state';
import { RESOURCES, type Interaction, type Resource } from './types';

/** What a page needs while the panel is closed: the status item and the notifications. */
export const BACKGROUND: readonly Resource[] = ['status', 'profiles', 'accounts', 'interactions'];

const FIRST_READ = 10; // ms after a change: what comes with it is read with it
const LONG_HIDDEN = 300_000; // ms
const BETWEEN_READS = 200; // ms between two rounds of reading at least
// After a return, Jupyter's own event socket may be back later than answers are: read again when it is by any rule.
const CATCH_UP = [5000, 40_000]; // ms

/**
 * The one copy of the server's state in this page.
 *
 * The panel and every card in a cell show it. It reads when told that something changed, and never else; while the
 * page is hidden it only remembers what to read. A lost connection is tried again with growing pauses, and then read
 * anew.
 */
export class Store {
  private current: State = INITIAL;
  private readonly listeners = new Set<(state: State) => void>();
  private readonly stale = new Set<Resource>();
  private timer: unknown = null;
  private catching: unknown[] = [];
  private reading = false;
  /** What was learned since the reading under way began, whose answer may be older. */
  private learned: Interaction[] = [];
  private readAt = 0;
  private failures = 0;
  private isOpen = false;
  private isAwake = true;
  private hiddenAt = 0;
  private isDisposed = false;

  constructor(
    readonly client: Client,
    private readonly clock: Clock = REAL_CLOCK
  ) {}

  get state(): State {
    return this.current;
  }

  /** The time in ms, by the server's clock. */
  now(): number {
    return this.client.now();
  }

  /** Call `listener` after each change; gives back what ends that. */
  watch(listener: (state: State) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Whether the panel is to be seen: then everything is kept up to date. */
  setOpen(isOpen: boolean): void {
    if (isOpen && !this.isOpen) {
      this.invalidate('profiles', 'kernels', 'cache', 'interactions');
    }
    this.isOpen = isOpen;
    this.plan();
  }

  /** Whether the page itself is to be seen. */
  setAwake(isAwake: boolean): void {
    if (isAwake && !this.isAwake && this.clock.now() - this.hiddenAt > LONG_HIDDEN) {
      RESOURCES.forEach(resource => this.stale.add(resource)); // the machine may have slept, and heard nothing
    }
    if (!isAwake && this.isAwake) {
      this.hiddenAt = this.clock.now();
    }
    this.isAwake = isAwake;
    this.plan();
  }

  /** Read these again, soon. */
  invalidate(...resources: readonly Resource[]): void {
    resources.forEach(resource => this.stale.add(resource));
    this.plan();
  }

  /** Read everything again, now. */
  refresh(): void {
    this.failures = 0;
    this.dispatchIfWaiting();
    RESOURCES.forEach(resource => this.stale.add(resource));
    this.plan(true);
  }

  /** An answer that told of one request, before all are read again. */
  learn(interaction: Interaction): void {
    this.learned.push(interaction);
    this.change(withThese(this.current, [interaction]));
  }

  /** Somebody else found the server gone. */
  connectionFailed(): void {
    if (this.current.connection === 'online' || this.current.connection === 'connecting') {
      this.refresh();
    }
  }

  /** The connection was lost and is back: what happened meanwhile was not heard. */
  returned(): void {
    this.refresh();
    this.catchUp();
  }

  dispose(): void {
    this.isDisposed = true;
    this.listeners.clear();
    [this.timer, ...this.catching].forEach(timer => this.clock.forget(timer));
  }

  /** Do what asks the server for a change; what it finds out about the connection is heeded. */
  async act<T>(work: (client: Client) => Promise<T>, ...changes: readonly Resource[]): Promise<T> {
    try {
      return await work(this.client);
    } catch (problem) {
      this.heed(problem, false);
      throw problem;
    } finally {
      this.invalidate(...changes);
    }
  }

  private wanted(): Resource[] {
    const seen = this.isOpen ? RESOURCES : BACKGROUND;
    return seen.filter(resource => this.stale.has(resource));
  }

  private dispatchIfWaiting(): void {
    if (this.current.nextTry !== null) {
      this.change({ ...this.current, nextTry: null });
    }
  }

  private plan(now = false): void {
    const waits = this.current.nextTry;
    if (this.isDisposed || this.reading || !this.isAwake || !this.wanted().length) {
      return;
    }
    this.clock.forget(this.timer);
    const soonest = Math.max(FIRST_READ, this.readAt + BETWEEN_READS - this.clock.now());
    const delay = now ? 0 : waits === null ? soonest : Math.max(0, waits - this.clock.now());
    this.timer = this.clock.later(() => void this.read(), delay);
  }

  private async read(): Promise<void> {
    const resources = this.wanted();
    if (this.isDisposed || this.reading || !this.isAwake) {
      return;
    }
    this.reading = true;
    this.readAt = this.clock.now();
    this.learned = [];
    resources.forEach(resource => this.stale.delete(resource));
    const answers = await Promise.allSettled(resources.map(resource => this.client.read(resource)));
    this.reading = false;
    this.take(resources, answers);
    if (this.current.connection !== 'login-ended') {
      this.plan();
    }
  }

  /** What came is shown, also where something else failed; what failed is read again later. */
  private take(resources: readonly Resource[], answers: readonly PromiseSettledResult<unknown>[]): void {
    const problems = answers.flatMap(answer => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
    resources.filter((_, at) => answers[at]?.status === 'rejected').forEach(resource => this.stale.add(resource));
    const worst = problems.find(of(LoginEnded)) ?? problems.find(problem => !of(RestError)(problem)) ?? problems[0];
    const came = resources.flatMap((resource, at) => {
      const answer = answers[at];
      return answer?.status === 'fulfilled' ? [{ resource, value: answer.value }] : [];
    });
    if (came.length && !(worst instanceof LoginEnded)) {
      this.succeeded(came, worst === undefined);
    }
    if (worst !== undefined) {
      this.heed(worst, true);
    }
  }

  private succeeded(came: readonly { resource: Resource; value: unknown }[], isAll: boolean): void {
    const wasLost = this.current.connection === 'lost';
    const now = this.clock.now();
    const next = came.reduce((state, one) => reduce(state, { type: 'answered', ...one, now }), this.current);
    if (isAll) {
      this.failures = 0;
    }
    if (isAll && wasLost) {
      // events of the time between were not heard
      const read = new Set(came.map(({ resource }) => resource));
      RESOURCES.filter(resource => !read.has(resource)).forEach(resource => this.stale.add(resource));
      this.catchUp();
    }
    this.change(withThese(next, this.learned));
  }

  private catchUp(): void {
    this.catching.forEach(timer => this.clock.forget(timer));
    this.catching = CATCH_UP.map(delay => this.clock.later(() => this.invalidate(...RESOURCES), delay));
  }

  private heed(problem: unknown, again: boolean): void {
    if (problem instanceof LoginEnded) {
      this.dispatch({ type: 'login-ended' });
    } else if (problem instanceof RestError) {
      if (again) {
        this.dispatch({ type: 'failed', problem, nextTry: this.nextTry() });
      }
    } else {
      RESOURCES.forEach(resource => this.stale.add(resource));
      this.dispatch({ type: 'lost', nextTry: this.nextTry() });
    }
  }

  private nextTry(): number {
    this.failures += 1;
    return this.clock.now() + retryDelay(this.failures, this.clock.random());
  }

  private dispatch(action: Action): void {
    this.change(reduce(this.current, action));
  }

  private change(state: State): void {
    this.current = state;
    this.listeners.forEach(listener => listener(state));
  }
}

/** The state with these requests, each in the place of what was known of it. */
function withThese(state: State, told: readonly Interaction[]): State {
  if (!told.length) {
    return state;
  }
  const rows = new Map(state.data.interactions.map(row => [row.id, row]));
  told.forEach(row => rows.set(row.id, row));
  return { ...state, data: { ...state.data, interactions: Array.from(rows.values()) } };
}

function of(kind: typeof LoginEnded | typeof RestError): (problem: unknown) => boolean {
  return problem => problem instanceof kind;
}
