import { expect, it } from 'vitest';

import table from '../../src/widget/strings.json';
import { WORDS } from '../../src/widget/panel';

const sources = import.meta.glob<string>('../../src/widget/*.ts', { query: '?raw', import: 'default', eager: true });
const code = Object.values(sources).join('\n');

it('every sentence is said somewhere', () => {
  const unused = Object.keys(table).filter(key => !code.includes(`'${key}'`));
  expect(unused).toEqual(['profile', 'account', 'state', 'token'].map(name => `panel.column.${name}`));
});

it('every key that is said has its sentence', () => {
  const keys = code.matchAll(/(?:say|pieces)\(\s*'([a-zA-Z0-9]+\.[a-zA-Z0-9.]+)'/g);
  expect(Array.from(keys, ([, key]) => key as string).filter(key => !(key in WORDS))).toEqual([]);
});

it('needs nothing of JupyterLab’s', () => {
  const all = import.meta.glob<string>('../../src/{widget,interaction,model,panel}/*.ts', {
    query: '?raw',
    import: 'default',
    eager: true
  });
  const reached = new Set<string>();
  const reach = (path: string): void => {
    const source = all[path];
    if (source === undefined || reached.has(path)) {
      return;
    }
    reached.add(path);
    for (const [, name] of source.matchAll(/^import (?!type )[^;]*?from '(\.[^']+)'/gms)) {
      reach(new URL(name as string, `file:///a/b/${path.slice(6)}`).pathname.replace('/a/b/', '../../') + '.ts');
    }
  };
  reach('../../src/widget/index.ts');
  expect(reached.size).toBeGreaterThan(20);
  const guilty = Array.from(reached).filter(path => /from '@(jupyterlab|lumino)/.test(all[path] ?? ''));
  expect(guilty).toEqual([]);
});
