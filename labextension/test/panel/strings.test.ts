import { expect, it } from 'vitest';

import table from '../../src/panel/strings.json';

const sources = import.meta.glob<string>('../../src/{model,panel,plugins}/**/*.ts', {
  query: '?raw',
  import: 'default',
  eager: true
});
const code = Object.values(sources).join('\n');
const OUTCOMES = ['revoked', 'unsupported', 'failed', 'not_asked', 'nothing_to_revoke'];

it('every sentence is said somewhere', () => {
  const unused = Object.keys(table).filter(key => !code.includes(`'${key}'`));
  expect(unused).toEqual(OUTCOMES.map(outcome => `clear.each.${outcome}`));
});

it('every key that is said has its sentence', () => {
  const keys = code.matchAll(/(?:say|pieces)\(\s*'([a-zA-Z0-9]+\.[a-zA-Z0-9.]+)'/g);
  const missing = Array.from(keys, ([, key]) => key as string).filter(key => !(key in table));
  expect(missing).toEqual([]);
});

it('has one and many with the same values', () => {
  for (const [key, phrase] of Object.entries(table)) {
    if (typeof phrase !== 'string') {
      const values = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).filter(v => v !== '{count}').sort();
      expect(values(phrase.one), key).toEqual(values(phrase.other));
    }
  }
});
