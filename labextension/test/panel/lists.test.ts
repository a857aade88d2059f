import { describe, expect, it } from 'vitest';

import { Announcer } from '../../src/model/announce';
import { linesOf, thingsToKnow } from '../../src/model/report';
import { byProfile, filtered, isApplication, lastUse, mustChoose, tellingFirst, usingKernels, whatGoes } from '../../src/model/select';
import type { AccountOutcome, Outcome } from '../../src/model/types';
import { WaitingList } from '../../src/model/waiting';
import { account, data, entry, grant, interaction, kernel, profile } from './samples';

describe('profiles', () => {
  const all = data({
    profiles: [profile('graph', { title: 'Contoso' }), profile('lake'), profile('batch', { provider: 'client_credentials' })],
    accounts: [account('ada', 'lake'), account('Bob', 'lake', { state: 'needs_sign_in' }), account('x', 'gone')],
    cache: [entry(), entry()]
  });

  it('have their accounts, and nobody else’s', () => {
    const views = byProfile(all);
    expect(views.map(view => view.accounts.map(a => a.username))).toEqual([[], ['ada', 'Bob'], []]);
    expect(views.map(view => isApplication(view.profile))).toEqual([false, false, true]);
  });

  it('with several accounts need a choice, until one is used by default', () => {
    const [ada, bob] = [account('ada', 'lake'), account('bob', 'lake')];
    expect([[], [ada], [ada, bob], [ada, { ...bob, default: true }]].map(mustChoose)).toEqual([false, false, true, false]);
  });

  it.each([
    ['', 3],
    ['CONTOSO', 1],
    ['bob', 1],
    ['idp.example', 3],
    ['client_cred', 1],
    ['nothing', 0]
  ])('are found by %o', (text, shown) => expect(filtered(byProfile(all), text).shown).toBe(shown));

  it('list those with accounts first', () => {
    const found = filtered(byProfile(all), '');
    expect(found.signedIn.map(({ account: a }) => a.username)).toEqual(['ada', 'Bob']);
    expect(found.others.map(({ name }) => name)).toEqual(['graph', 'batch']);
    expect(whatGoes(all)).toEqual({ accounts: 3, tokens: 2, refresh: 2 });
  });
});

it('scopes that say what for stand first', () => {
  expect(tellingFirst(['openid', 'b', 'offline_access', 'a'])).toEqual(['b', 'a', 'openid', 'offline_access']);
});

it('kernels that used something, the last first', () => {
  const found = usingKernels([kernel('a', 5), kernel('b', 9), kernel('c', 0, [])]);
  expect(found.map(k => [k.kernel_id, lastUse(k)])).toEqual([
    ['b', 9],
    ['a', 5]
  ]);
});

it('kernels of which somebody has said something', () => {
  const said = { ...kernel('c', 0, []), grants: [grant({ granted_on: 7 })] };
  expect(usingKernels([kernel('a', 5), said]).map(k => [k.kernel_id, lastUse(k)])).toEqual([
    ['c', 7],
    ['a', 5]
  ]);
});

describe('a report', () => {
  const row = (outcome: Outcome, host = 'h', of = 'lake'): AccountOutcome => ({
    home_account_id: 'a',
    username: 'ada',
    profile: of,
    host,
    outcome
  });

  it('counts what is known, and no more', () => {
    const rows = [row('revoked'), row('revoked'), row('unsupported'), row('unsupported', 'h', 'b'), row('failed')];
    const lines = linesOf({ accounts: [...rows, row('nothing_to_revoke'), row('not_asked')] });
    expect(lines.map(({ tone, key, count }) => [tone, key.replace('clear.result.', ''), count])).toEqual([
      ['ok', 'accounts', 7],
      ['ok', 'revoked', 2],
      ['warn', 'unsupported', 1],
      ['bad', 'failed', 1],
      ['soft', 'notAsked', 1]
    ]);
    expect(thingsToKnow(lines)).toBe(2);
  });

  it('of nothing is one line', () => {
    expect(linesOf({ accounts: [] }).map(({ count }) => count)).toEqual([0]);
    expect(thingsToKnow(linesOf({ accounts: [row('not_asked')] }))).toBe(0);
  });
});

describe('requests', () => {
  const shown = (list: WaitingList, now: number, ...all: ReturnType<typeof interaction>[]): string[] =>
    list.shown(all, now).map(({ id, state }) => `${id} ${state}`);

  it('that this page never saw waiting are not shown', () => {
    expect(shown(new WaitingList(), 0, interaction('old', { state: 'failed' }))).toEqual([]);
  });

  it('stay for some seconds when done, and until dismissed when failed', () => {
    const list = new WaitingList();
    shown(list, 0, interaction('a'), interaction('b'));
    const ended = [interaction('a', { state: 'succeeded' }), interaction('b', { state: 'expired' })];
    expect(shown(list, 1000, ...ended)).toEqual(['a succeeded', 'b expired']);
    expect(list.nextEnd(1000)).toBe(5000);
    expect(shown(list, 6000, ...ended)).toEqual(['b expired']);
    expect(list.nextEnd(6000)).toBeNull();
    list.dismiss('b');
    expect(shown(list, 6000, ...ended)).toEqual([]);
  });

  it('of a kernel stay for some seconds, however they were answered', () => {
    const list = new WaitingList();
    const asks = (state: 'pending' | 'declined'): ReturnType<typeof interaction> =>
      interaction('a', { flow: 'consent', state });
    shown(list, 0, asks('pending'));
    expect(shown(list, 1000, asks('declined'))).toEqual(['a declined']);
    expect(shown(list, 6000, asks('declined'))).toEqual([]);
  });

  it('of which the server knows no more are over, and stay for some seconds', () => {
    const list = new WaitingList();
    shown(list, 0, interaction('a'));
    const gone = interaction('a', { state: 'unknown', reason: 'gone' });
    expect(shown(list, 1000, gone)).toEqual(['a unknown']);
    expect(shown(list, 6000, gone)).toEqual([]);
  });

  it('asked anew keep their place', () => {
    const list = new WaitingList();
    shown(list, 0, interaction('a'));
    list.replace('a', 'b');
    list.replace('b', 'c');
    list.replace('c', 'c');
    expect(['a', 'b', 'c', 'd'].map(id => list.place(id))).toEqual(['a', 'a', 'a', 'd']);
    expect(shown(list, 0, interaction('a', { state: 'expired' }), interaction('c'))).toEqual(['c pending']);
  });

  it('are news once when they come, and once when they end', () => {
    const told = new Announcer();
    const kinds = (...all: ReturnType<typeof interaction>[]): string[] => told.heed(all).map(({ kind }) => kind);
    expect(kinds(interaction('a'), interaction('old', { state: 'succeeded' }))).toEqual(['waiting']);
    expect(kinds(interaction('a'))).toEqual([]);
    expect(kinds(interaction('a', { state: 'succeeded' }))).toEqual(['ended']);
    expect(kinds(interaction('a', { state: 'succeeded' }))).toEqual([]);
  });
});
