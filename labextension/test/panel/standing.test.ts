import { describe, expect, it } from 'vitest';

import { saidOn, standings } from '../../src/model/standing';
import type { Grant } from '../../src/model/types';
import { grant, kernel, profile } from './samples';

const OPEN = profile('open');
const ASKS = profile('asks', { kernel_access: 'ask' });
const SHUT = profile('shut', { kernel_access: 'deny' });
const of = (name: string, ...grants: Grant[]) =>
  standings({ ...kernel('k', 5, []), grants: grants.map(one => ({ ...one, profile: name })) }, [OPEN, ASKS, SHUT])[0];

describe('how a kernel stands with a profile', () => {
  it.each([
    ['asks', ['allow'], 'allowed'],
    ['asks', ['deny'], 'refused'],
    ['asks', ['allow', 'deny'], 'mixed'],
    ['open', ['allow'], 'free'],
    ['open', ['deny'], 'refused'],
    ['open', ['allow', 'deny'], 'refused'],
    ['shut', ['allow', 'deny'], 'denied'],
    ['gone', ['allow'], 'allowed']
  ])('%s with %j is %s', (name, decisions, stand) => {
    const grants = decisions.map(decision => grant({ decision: decision as Grant['decision'] }));
    expect(of(name, ...grants)?.stand).toBe(stand);
  });

  it('that it used without anything having been said', () => {
    const used = standings(kernel('k', 5, ['asks', 'open', 'shut', 'gone']), [OPEN, ASKS, SHUT]);
    expect(used.map(({ profile: name, stand }) => [name, stand])).toEqual([
      ['asks', 'asks'],
      ['open', 'free'],
      ['shut', 'denied'],
      ['gone', 'free']
    ]);
  });

  it('is told once for each kind of answer, with what all of them are for', () => {
    const found = of(
      'asks',
      grant({ scopes: ['openid', 'a'], account: 'ada' }),
      grant({ scopes: ['b'], account: 'bob' }),
      grant({ remember: 'notebook', scopes: ['c'], account: 'ada' }),
      grant({ remember: 'notebook', scopes: null, account: null })
    );
    expect(found?.said).toEqual([
      { decision: 'allow', remember: 'kernel', scopes: ['a', 'b'], accounts: ['ada', 'bob'] },
      { decision: 'allow', remember: 'notebook', scopes: [], accounts: [] }
    ]);
  });

  it('when it was last said', () => {
    const grants = [grant({ granted_on: 3 }), grant({ granted_on: 7 }), grant({ granted_on: 9, profile: 'other' })];
    expect([saidOn({ ...kernel('k', 1), grants }, 'lake'), saidOn(kernel('k', 1), 'lake')]).toEqual([7, 0]);
  });
});
