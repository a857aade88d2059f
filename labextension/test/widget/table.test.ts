import { beforeEach, describe, expect, it, vi } from 'vitest';

import { byProfile } from '../../src/model/select';
import type { CacheEntry } from '../../src/model/types';
import { rowsOf, soonestFirst } from '../../src/widget/table';
import { account, data, entry, profile } from '../panel/samples';
import { Desk, standIn } from './desk';
import { button, NOW, settle, shown, text, usual } from './shown';

beforeEach(() => {
  vi.useFakeTimers({ now: NOW * 1000 });
  standIn();
});

it.each([
  ['status', { store: 1 }],
  ['profiles', [{ name: 'lake' }, { name: 7, faults: 'all' }, { name: 'x', faults: [null, { key: 1 }] }, {}]],
  ['accounts', [{ profile: 'lake' }, { username: {} }]],
  ['cache', [{ profile: 'lake' }, { profile: 'graph', scopes: [1], expires_on: 'soon', last_used: 'now' }]],
  ['interactions', [{ id: 'i1', state: 'pending' }, { id: 2, state: 3 }, { requested_by: 'me', scopes: {} }]],
  ['kernels', [{ notebook: 1, profiles: {} }]]
])('goes on whatever the rows of %s hold', async (resource, rows) => {
  const desk = new Desk();
  desk.answers = { ...usual(), [resource]: rows };
  const { root } = shown(desk);
  await settle();
  await vi.advanceTimersByTimeAsync(20_000);
  button(root, 'Show here')?.click();
  desk.answers = { ...usual(), accounts: [account('eve', 'lake')] };
  desk.tell({ kind: 'changed' });
  await settle();
  expect(text(root)).toContain('eve');
});

it('shows the tokens that end soonest, and more of them when they are asked for', async () => {
  const desk = new Desk();
  const held = Array.from({ length: 500 }, (_, n) => entry({ profile: 'graph', scopes: [`s${n}`], expires_on: NOW + 90_000 - n }));
  desk.answers = { ...usual(), cache: held };
  const { root } = shown(desk);
  await settle();
  const lines = (): string[] => Array.from(root.querySelectorAll('.ja-token-line code'), line => line.textContent ?? '');
  expect(lines()).toHaveLength(20);
  expect(lines()[0]).toBe('s499');
  button(root, 'and 480 more').click();
  expect(lines()).toHaveLength(120);
  for (const name of ['and 380 more', 'and 280 more', 'and 180 more', 'and 80 more']) {
    button(root, name).click();
  }
  expect(lines()).toHaveLength(500);
  expect(text(root)).not.toMatch(/and \d+ more/);
  expect(root.activeElement?.textContent).toContain('s0');
});

describe('the rows', () => {
  it('put tokens in use first, and what has ended last', () => {
    const named = (name: string, expires_on: number, last_used: number | null): CacheEntry =>
      entry({ scopes: [name], expires_on, last_used });
    const held = [named('ended', 5, 1), named('spare', 20, null), named('later', 90, 7), named('soon', 30, 7)];
    expect(soonestFirst(held, 10).map(({ scopes }) => scopes[0])).toEqual(['soon', 'later', 'spare', 'ended']);
  });

  it('give each account its own tokens, and a profile’s name once', () => {
    const all = data({
      profiles: [profile('lake')],
      accounts: [account('ada', 'lake', { home_account_id: 'a' }), account('bob', 'lake', { home_account_id: 'b' })],
      cache: [entry({ home_account_id: 'b' }), entry({ profile: 'other' })]
    });
    const rows = rowsOf(byProfile(all), all);
    expect(rows.map(row => [row.account?.username, row.tokens.length, row.isFirst])).toEqual([
      ['ada', 0, true],
      ['bob', 1, false]
    ]);
  });
});
