import { Client, LoginEnded, RestError } from './client';
import { retryDelay } from './retry';
import { INITIAL, reduce, type Action, type State } from './state';
import { RESOURCES, type Interaction, type Resource } from './types';

/** What a page needs while the panel is closed: the status item and the notifications. */
export const BACKGROUND: readonly Resource[] = ['status', 'profiles', 'accounts', 'interactions'];

const FIRST_READ = 10; // ms after a change: what comes with it is read with it
const LONG_HIDDEN = 300_000; // ms
const BETWEEN_READS = 200; // ms between two rounds of reading at least

/** What each event concerns, by the topic in its schema's id. */
const CONCERNS: Record<string, readonly Resource[]> = {
  interactions: ['interactions'],
  accounts: ['accounts', 'cache', 'status'],
  cache: ['cache', 'accounts'],
  kernels: ['kernels', 'cache']
};

export interface Clock {
  now(): number;
  random(): number;
  later(work: () => void, delay: number): unknown;
  forget(timer: unknown): void;
}

export const REAL_CLOCK: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  later: (work, delay) => setTimeout(work, delay),
  forget: timer => clearTimeout(timer as ReturnType<typeof setTimeout>)
};

/** The resources that an event concerns; none where it is not one of ours. */
export function concernedBy(schemaId: unknown): readonly Resource[] {
  const topic = /\/jupyter_auth\/(\w+)\/v1$/.exec(String(schemaId))?.[1];
  return (topic !== undefined && CONCERNS[topic]) || [];
}

/**
 * The one copy of the server's state in this page.
 *
 * It reads when told that something changed, and never else; while the page is hidden it only remembers
 * what to read. A lost connection is tried again with growing pauses, and then read anew.
 */
export class Store {
  private current: State = INITIAL;
  private readonly listeners = new Set<(state: State) => void>();
  private readonly stale = new Set<Resource>();
  private timer: unknown = null;
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

  dispose(): void {
    this.isDisposed = true;
    this.listeners.clear();
    this.clock.forget(this.timer);
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
    try {
      const values = await Promise.all(resources.map(resource => this.client.read(resource)));
      this.succeeded(resources, values);
    } catch (problem) {
      resources.forEach(resource => this.stale.add(resource));
      this.heed(problem, true);
    } finally {
      this.reading = false;
    }
    if (this.current.connection !== 'login-ended') {
      this.plan();
    }
  }

  private succeeded(resources: readonly Resource[], values: readonly unknown[]): void {
    const wasLost = this.current.connection === 'lost';
    this.failures = 0;
    let next = this.current;
    resources.forEach((resource, position) => {
      next = reduce(next, { type: 'answered', resource, value: values[position], now: this.clock.now() });
    });
    if (wasLost) {
      // events of the time between were not heard
      RESOURCES.filter(resource => !resources.includes(resource)).forEach(r => this.stale.add(r));
    }
    this.change(withThese(next, this.learned));
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
