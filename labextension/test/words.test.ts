import { describe, expect, test } from 'vitest';
import { clean } from '../src/interaction/clean';
import { english, pieces, phrase, known } from '../src/interaction/strings';
import strings from '../src/interaction/strings.json';
import { hostOf, isSafeLink, nameOf } from '../src/interaction/urls';
import { ago, duration, scopeWords } from '../src/interaction/words';
import { HOSTILE } from './samples';

const ISSUER = 'https://login.example.org/';

describe('durations', () => {
  test.each([
    [-3, '0 s'],
    [0.2, '1 s'],
    [60, '1 min'],
    [200, '3 min 20 s'],
    [299.5, '5 min'],
    [872, '15 min'],
    [3600, '1 h'],
    [3900, '1 h 5 min'],
    [86400, '1 day'],
    [200_000, '2 days']
  ])('%d s', (seconds, words) => expect(duration(seconds, english)).toBe(words));

  test.each([
    [3, 'just now'],
    [119, '1 min ago'],
    [7300, '2 h 2 min ago']
  ])('%d s ago', (seconds, words) => expect(ago(seconds, english)).toBe(words));
});

describe('scopes', () => {
  const words = (scopes: unknown, titles: unknown = {}) =>
    scopeWords(scopes, titles).map(scope => [pieces(english, scope.words).map(p => p.text).join(''), scope.raw]);

  test('in the profile’s words, else in ours, else by name', () =>
    expect(words(['openid', 'User.Read', 'lake.read', 'x'], { x: 'Do x' })).toEqual([
      ['Read your profile', 'User.Read'],
      ['Use lake.read', ''],
      ['Do x', 'x']
    ]));
  test('openid alone is said', () => expect(words(['openid'])).toEqual([['Use openid', '']]));
  test.each([null, 'x', 5, [1, null], {}])('%j is no list of them', value => expect(words(value)).toEqual([]));
  test('names of an object’s own are no sentences', () =>
    expect(words(['constructor', 'unknown', '__proto__'], null).map(([text]) => text)).toEqual([
      'Use constructor',
      'Use unknown',
      'Use __proto__'
    ]));
});

describe('texts from outside', () => {
  test('are one short line without signs that cannot be seen', () => {
    for (const value of HOSTILE) {
      expect(clean(value)).not.toMatch(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}]/u);
      expect(Array.from(clean(value)).length).toBeLessThanOrEqual(120);
    }
    expect(clean('ada\u202egnp.exe\u001b[31m')).toBe('adagnp.exe[31m');
    expect(clean(' a\tb\n\nc ')).toBe('a b c');
    expect([clean(null), clean(undefined), clean(7)]).toEqual(['', '', '7']);
  });
  test('stay apart from the words around them', () => {
    for (const value of HOSTILE.map(v => clean(v))) {
      const shown = pieces(english, phrase('card.title.notebook', { notebook: value, profile: 'p' }));
      expect(shown.map(p => p.isName)).toEqual([true, false, true]);
      expect(shown[0]?.text).toBe(value);
    }
  });
});

describe('addresses', () => {
  test.each([null, undefined, 5, {}, ''])('%j is none', url => expect(isSafeLink(url, ISSUER)).toBe(false));
  test('https is one', () => expect(isSafeLink('https://microsoft.com/devicelogin?a=b#c', ISSUER)).toBe(true));
  test('have names', () => {
    expect(nameOf('https://microsoft.com/devicelogin/?x', true)).toBe('microsoft.com/devicelogin');
    expect(nameOf('https://a.example:8443/authorize?x', false)).toBe('a.example:8443');
    expect(hostOf('https://a.example:443/x')).toBe('a.example');
    expect(hostOf('javascript:x')).toBe('');
  });
});

test('every key that the sources use has a sentence', () => {
  const files = import.meta.glob<string>('../src/interaction/*.ts', { query: '?raw', import: 'default', eager: true });
  const sources = Object.values(files).join('\n');
  const used = [...sources.matchAll(/'((?:card|time|a11y|scope)\.[\w.]+)'/g)].map(match => match[1] ?? '');
  expect(used.length).toBeGreaterThan(40);
  expect(used.filter(key => !known(key))).toEqual([]);
  expect(Object.keys(strings).filter(key => !/^(@about$|card\.|time\.|a11y\.|scope\.)/.test(key))).toEqual([]);
});
