import { describe, expect, it } from 'vitest';

import { reading } from '../../src/model/reading';
import { piecer, sayer } from '../../src/model/say';
import { cacheLine, summary, storeLine } from '../../src/model/summary';
import { INITIAL, type State } from '../../src/model/state';
import { baseName, clean, hostOf, initials } from '../../src/model/text';
import { ago, duration, isShort, nextTick, ringPart } from '../../src/model/times';
import type { Status } from '../../src/model/types';
import { kindOf } from '../../src/panel/banner';
import { account, data, interaction, say, status } from './samples';

describe('a duration', () => {
  it.each([
    [-5, '0 s'],
    [8.9, '8 s'],
    [59, '59 s'],
    [60, '1 min'],
    [252, '4 min'],
    [3599, '59 min'],
    [3600, '1 h'],
    [3900, '1 h 5 min'],
    [86_399, '23 h 59 min'],
    [86_400, '1 day'],
    [100_000, '27 h 46 min'],
    [172_800, '2 days']
  ])('of %d s is %s', (seconds, words) => expect(duration(seconds, say)).toBe(words));

  it('that has passed', () => {
    expect(ago(-3, say)).toBe('just now');
    expect(ago(44, say)).toBe('just now');
    expect(ago(50, say)).toBe('1 min ago');
    expect(ago(7300, say)).toBe('2 h 1 min ago');
  });

  it('is drawn as a part of an hour, and changes no more often than it is seen to', () => {
    expect([7200, 1800, 0, -1].map(ringPart)).toEqual([1, 0.5, 0, 0]);
    expect(isShort(299) && !isShort(301)).toBe(true);
    expect(nextTick([3000], false)).toBe(15_000);
    expect(nextTick([3000, 40], false)).toBe(1000);
    expect(nextTick([-40], false)).toBe(15_000);
    expect(nextTick([], true)).toBe(1000);
  });
});

describe('text from elsewhere', () => {
  it.each([
    ['ada\u202egnp.exe\u001b[31m', 'adagnp.exe[31m'],
    ['two\nlines\t here', 'two lines here'],
    ['zero\u200bwidth\u2066', 'zerowidth'],
    ['', ''],
    [undefined, ''],
    [42, '']
  ])('%o is shown as %o', (raw, shown) => expect(clean(raw)).toBe(shown));

  it('is cut, whole letters only', () => {
    expect(clean('x'.repeat(500), 10)).toBe(`${'x'.repeat(9)}…`);
    expect(clean('😀'.repeat(20), 5)).toBe('😀😀😀😀…');
    expect(clean('m'.repeat(5_000_000)).length).toBe(120);
  });

  it('gives hosts, initials and names of files', () => {
    expect(hostOf('https://idp.example.org:8443/realms/x')).toBe('idp.example.org:8443');
    expect(hostOf('no url\u202e')).toBe('no url');
    expect(hostOf(null)).toBe('');
    expect(['Ada Lovelace', 'ada.lovelace@x.org', 'ada', '<img src=x>', '', '😀'].map(initials)).toEqual([
      'AL',
      'AL',
      'A',
      'IX',
      '?',
      '?'
    ]);
    expect([baseName('a/b/c.ipynb'), baseName('c.ipynb'), baseName('a/')]).toEqual(['c.ipynb', 'c.ipynb', 'a/']);
  });
});

describe('a sentence', () => {
  const table = { plain: 'Hello {name}', many: { one: '1 thing', other: '{count} things' } };
  const german = sayer(table, english => (english === 'Hello {name}' ? 'Hallo {name}' : english));

  it('is translated before it is filled in, and fills nothing twice', () => {
    expect(german('plain', { name: '{count} $& <b>' })).toBe('Hallo {count} $& <b>');
    expect(german('plain')).toBe('Hallo {name}');
    expect(german('unknown key')).toBe('unknown key');
  });

  it('heeds the number', () => {
    const words = sayer(table, (one, other, count) => (count === 1 || !other ? one : other));
    expect([words('many', {}, 1), words('many', {}, 0)]).toEqual(['1 thing', '0 things']);
  });

  it('comes in pieces', () => {
    const pieces = piecer(table, english => english);
    expect(pieces('plain', { name: 'Ada' })).toEqual(['Hello ', { name: 'name', value: 'Ada' }]);
  });
});

describe('the status item', () => {
  const known: State = { ...INITIAL, connection: 'online', known: new Set(['accounts', 'interactions']) };
  it.each<[Partial<State>, string]>([
    [{ connection: 'lost' }, 'Sign-ins: connection lost'],
    [{ connection: 'login-ended' }, 'Sign-ins: Jupyter login ended'],
    [{ known: new Set() }, 'Sign-ins'],
    [{ data: data() }, 'Not signed in'],
    [{ data: data({ accounts: [account('a', 'x'), account('b', 'x', { state: 'needs_sign_in' })] }) }, '1 signed in'],
    [{ data: data({ interactions: [interaction('1'), interaction('2')] }) }, '2 sign-ins wait for you'],
    [{ data: data({ interactions: [interaction('1'), interaction('2', { flow: 'consent' })] }) }, '2 requests wait for you'],
    [{ data: data({ interactions: [interaction('1', { state: 'failed' })] }) }, 'Not signed in'],
    [{ data: data({ status: status({ locked: true }) }) }, 'Sign-ins locked']
  ])('%#', (more, text) => expect(summary({ ...known, ...more }, say).text).toBe(text));

  it('and the foot tell where sign-ins are kept', () => {
    const line = (more: Parameters<typeof status>[0]): string =>
      storeLine({ ...known, data: data({ status: status(more) }) }).key;
    expect(line({})).toBe('side.store.file');
    expect(line({ key_source: 'keyring x' })).toBe('side.store.keyring');
    expect(line({ name: 'memory' })).toBe('side.store.memory');
    expect(line({ name: 'redis' })).toBe('side.store.redis');
    expect(line({ name: 'memory', locked: true })).toBe('side.store.locked');
  });

  it('and the foot tell how much came from the cache', () => {
    const line = (raw: object): ReturnType<typeof cacheLine> => {
      const read = reading('status', { store: {}, statistics: raw }) as Status;
      return cacheLine({ ...known, data: data({ status: read }) }, say);
    };
    expect(line({})).toBeNull();
    expect(line({ hits: { kernel: 'x', memory: NaN, store: null }, misses: {} })).toBeNull();
    const counted = {
      hits: { kernel: 1200, memory: 30, store: 4 },
      misses: 6,
      refreshes: { force_refresh_or_claims: 2, expired: 5 },
      failures: { timeout: 1, no_account: 2 }
    };
    expect(line(counted)).toEqual({
      text: '1,234 of 1,242 from the cache',
      details: "Notebooks' own copies: 1,200 · server's memory: 30 · store: 4 · renewed: 7 · failed: 1"
    });
  });

  it('and the banner show what there is to know of any store', () => {
    const kind = (more: Parameters<typeof status>[0]): string =>
      kindOf({ ...known, data: data({ status: status(more) }) });
    expect(kind({})).toBe('none');
    expect(kind({ name: 'redis', notes: ['x'] })).toBe('notes');
    expect(kind({ name: 'memory', notes: ['x'] })).toBe('unsaved');
    expect(kind({ name: 'memory', notes: ['x'], locked: true })).toBe('locked');
  });
});
