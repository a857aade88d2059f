import { beforeEach, describe, expect, it } from 'vitest';

import { Client, type Reply } from '../../src/model/client';
import { LONGEST_DELAY, retryDelay } from '../../src/model/retry';
import type { Clock } from '../../src/model/clock';
import { concernedBy } from '../../src/model/concerns';
import { BACKGROUND, Store } from '../../src/model/store';
import { RESOURCES } from '../../src/model/types';
import { interaction } from './samples';

/** Time that a test moves, and what is to be done when. */
class Hand implements Clock {
  time = 1_000_000;
  private jobs: { at: number; work: () => void }[] = [];
  now = (): number => this.time;
  random = (): number => 0.5;
  later = (work: () => void, delay: number): unknown => {
    const job = { at: this.time + delay, work };
    this.jobs.push(job);
    return job;
  };
  forget = (timer: unknown): void => {
    this.jobs = this.jobs.filter(job => job !== timer);
  };
  get waiting(): number {
    return this.jobs.length;
  }
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      const next = this.jobs.filter(job => job.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) {
        break;
      }
      this.forget(next);
      this.time = Math.max(this.time, next.at);
      next.work();
      await settled();
    }
    this.time = end;
  }
}

async function settled(): Promise<void> {
  for (let n = 0; n < 20; n += 1) {
    await Promise.resolve();
  }
}

let hand: Hand;
let asked: string[];
let answer: (path: string) => Reply | Error;
let store: Store;

beforeEach(() => {
  hand = new Hand();
  asked = [];
  answer = path => ({ status: 200, body: path === 'status' ? { store: { notes: [] } } : [] });
  store = new Store(
    new Client((_, path) => {
      asked.push(path);
      const given = answer(path);
      return given instanceof Error ? Promise.reject(given) : Promise.resolve(given);
    }),
    hand
  );
});

async function started(): Promise<void> {
  store.invalidate(...BACKGROUND);
  await hand.pass(1000);
  asked.length = 0;
}

describe('reading', () => {
  it('reads at first what a closed panel needs, and the rest when it is opened', async () => {
    store.invalidate(...BACKGROUND);
    await hand.pass(1000);
    expect(asked.sort()).toEqual([...BACKGROUND].sort());
    asked.length = 0;
    store.setOpen(true);
    await hand.pass(1000);
    expect(asked.sort()).toEqual(['cache', 'interactions', 'kernels', 'profiles']);
    expect(store.state.known.size).toBe(RESOURCES.length);
  });

  it('does nothing by itself, for hours', async () => {
    await started();
    store.setOpen(true);
    await hand.pass(1000);
    asked.length = 0;
    await hand.pass(4 * 3_600_000);
    expect(asked).toEqual([]);
    expect(hand.waiting).toBe(0);
  });

  it('reads once for many events at once, and a few times a second for ever more of them', async () => {
    await started();
    for (let n = 0; n < 100; n += 1) {
      store.invalidate(...concernedBy('https://events.jupyter.org/jupyter_auth/interactions/v1'));
    }
    await hand.pass(50);
    expect(asked).toEqual(['interactions']);
    asked.length = 0;
    for (let n = 0; n < 100; n += 1) {
      store.invalidate('interactions');
      await hand.pass(10);
    }
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.length).toBeLessThan(7);
  });

  it('remembers, while the page is hidden, what to read when it is seen again', async () => {
    await started();
    store.setAwake(false);
    store.invalidate('accounts', 'interactions');
    await hand.pass(60_000);
    expect(asked).toEqual([]);
    store.setAwake(true);
    await hand.pass(1000);
    expect(asked.sort()).toEqual(['accounts', 'interactions']);
  });

  it('reads everything anew after the page was hidden for long', async () => {
    await started();
    store.setAwake(false);
    await hand.pass(400_000);
    store.setAwake(true);
    await hand.pass(1000);
    expect(asked.sort()).toEqual([...BACKGROUND].sort());
  });

  it('does not read for a closed panel what only the panel shows', async () => {
    await started();
    store.invalidate('cache', 'kernels');
    await hand.pass(60_000);
    expect(asked).toEqual([]);
  });

  it('heeds no event but its own', () => {
    expect(concernedBy('https://events.jupyter.org/jupyter_server/contents_service/v1')).toEqual([]);
    expect(concernedBy(undefined)).toEqual([]);
    expect(concernedBy('https://events.jupyter.org/jupyter_auth/kernels/v1')).toContain('kernels');
  });
});

describe('a lost connection', () => {
  it('is shown with its age and the next try, keeps the data, and heals by itself', async () => {
    answer = path => ({ status: 200, body: path === 'accounts' ? [{ username: 'ada' }] : [] });
    await started();
    const known = store.state.knownAt;
    answer = () => new TypeError('refused');
    store.connectionFailed();
    await hand.pass(10);
    expect(store.state).toMatchObject({ connection: 'lost', knownAt: known });
    expect(store.state.nextTry).toBe(hand.time - 10 + retryDelay(1, 0.5));
    expect(store.state.data.accounts).toHaveLength(1);
    await hand.pass(10_000);
    answer = path => ({ status: 200, body: path === 'accounts' ? [{}, {}] : [] });
    await hand.pass(30_000);
    expect(store.state).toMatchObject({ connection: 'online', nextTry: null });
    expect(store.state.data.accounts).toHaveLength(2);
    await hand.pass(45_000); // events may come again later than answers do: read twice more
    asked.length = 0;
    await hand.pass(600_000);
    expect(asked).toEqual([]);
  });

  it('that is back is read anew at once, and again when events come for sure', async () => {
    await started();
    store.returned();
    await hand.pass(100);
    expect(asked.sort()).toEqual([...BACKGROUND].sort());
    asked.length = 0;
    await hand.pass(600_000);
    expect(asked).toHaveLength(2 * BACKGROUND.length);
  });

  it('is tried ever more rarely', async () => {
    answer = () => new TypeError('refused');
    store.invalidate('status');
    await hand.pass(600_000);
    expect(asked.length / BACKGROUND.length).toBeLessThan(30);
    expect(retryDelay(50, 1)).toBeLessThanOrEqual(LONGEST_DELAY * 1.2);
    expect([1, 2, 3, 4, 5, 6].map(n => retryDelay(n, 0.5))).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000]);
  });

  it('is not tried while the page is hidden, and at once when it is seen again', async () => {
    answer = () => new TypeError('refused');
    store.invalidate('status');
    await hand.pass(100);
    store.setAwake(false);
    await hand.pass(600_000);
    asked.length = 0;
    await hand.pass(600_000);
    expect(asked).toEqual([]);
    store.setAwake(true);
    await hand.pass(1);
    expect(asked.length).toBeGreaterThan(0);
  });

  it('is noticed by what a person does, too', async () => {
    await started();
    answer = () => new TypeError('refused');
    await expect(store.act(client => client.clear(false), 'cache')).rejects.toThrow();
    expect(store.state.connection).toBe('lost');
  });

  it('can be tried at once', async () => {
    answer = () => new TypeError('refused');
    store.invalidate('status');
    await hand.pass(60_000);
    answer = () => ({ status: 200, body: [] });
    asked.length = 0;
    store.refresh();
    await hand.pass(1);
    expect(store.state.connection).toBe('online');
  });
});

describe('an end of the login', () => {
  it('takes the data away, and is not asked about again', async () => {
    answer = path => ({ status: 200, body: path === 'accounts' ? [{ username: 'ada' }] : [] });
    await started();
    answer = () => ({ status: 403, body: { error: 'http_403', message: 'Forbidden', hint: '' } });
    store.invalidate('interactions');
    await hand.pass(1000);
    expect(store.state.connection).toBe('login-ended');
    expect(store.state.data.accounts).toEqual([]);
    asked.length = 0;
    await hand.pass(600_000);
    expect(asked).toEqual([]);
  });
});

describe('an error of the server', () => {
  it('keeps what is known, tells what was said, and goes away', async () => {
    await started();
    answer = () => ({ status: 503, body: { error: 'cache_error', message: 'The disk is full.', hint: '' } });
    store.invalidate('accounts');
    await hand.pass(100);
    expect(store.state.problem?.message).toBe('The disk is full.');
    answer = () => ({ status: 200, body: [] });
    await hand.pass(5000);
    expect(store.state.problem).toBeNull();
  });

  it('keeps nothing else from being shown', async () => {
    answer = path =>
      path === 'accounts'
        ? { status: 503, body: { error: 'cache_error', message: 'The disk is full.', hint: '' } }
        : { status: 200, body: path === 'interactions' ? [interaction('i1')] : [] };
    store.invalidate(...BACKGROUND);
    await hand.pass(1000);
    expect(store.state.data.interactions.map(({ id }) => id)).toEqual(['i1']);
    expect(store.state.problem?.message).toBe('The disk is full.');
    expect(store.state.known.has('accounts')).toBe(false);
  });

  it('of an answer that is no list leaves an empty one', async () => {
    answer = () => ({ status: 200, body: { rows: 'none' } });
    await started();
    expect(store.state.data).toMatchObject({ status: null, accounts: [], interactions: [] });
  });
});

it('keeps a request that was learned of while an older list was on its way', async () => {
  await started();
  answer = () => {
    store.learn(interaction('i1'));
    return { status: 200, body: [] };
  };
  store.invalidate('interactions');
  await hand.pass(1000);
  expect(store.state.data.interactions.map(({ id }) => id)).toEqual(['i1']);
  answer = () => ({ status: 200, body: [] });
  store.invalidate('interactions');
  await hand.pass(1000);
  expect(store.state.data.interactions.map(({ state, reason }) => [state, reason])).toEqual([['unknown', 'gone']]);
  store.invalidate('interactions');
  await hand.pass(1000);
  expect(store.state.data.interactions).toEqual([]);
});

it('shows a request before it is read again', async () => {
  await started();
  store.learn(interaction('i1'));
  store.learn(interaction('i1', { state: 'cancelled' }));
  expect(store.state.data.interactions.map(i => i.state)).toEqual(['cancelled']);
});
