import { beforeEach, expect, it } from 'vitest';

import { Client, type Reply } from '../../src/model/client';
import { Store } from '../../src/model/store';
import type { Grant, Kernel, KernelAccess } from '../../src/model/types';
import { WaitingList } from '../../src/model/waiting';
import { Actions } from '../../src/panel/actions';
import type { Context } from '../../src/panel/context';
import { KernelRow } from '../../src/panel/kernel-row';
import type { MenuItem } from '../../src/panel/menu';
import { grant, kernel, profile, say } from './samples';

const NOW = 1000;
let asked: [string, string, unknown?][];
let reply: Reply;
let said: string[];
let menus: MenuItem[];
let row: KernelRow;
let actions: Actions;
let access: KernelAccess;

beforeEach(() => {
  [asked, said, menus, access] = [[], [], [], 'ask'];
  reply = { status: 200, body: [] };
  const store = new Store(
    new Client((method, path, body) => {
      asked.push(body === undefined ? [method, path] : [method, path, body]);
      return Promise.resolve(reply);
    })
  );
  store.setAwake(false);
  actions = new Actions(store, new WaitingList());
  actions.said = text => void said.push(text);
  const menu = (_anchor: HTMLElement, _label: string, items: MenuItem[]): void => void (menus = items);
  const context = { store, actions, say, now: () => NOW, menu } as unknown as Context;
  row = new KernelRow(context, () => [profile('lake', { kernel_access: access }), profile('open')]);
  row.node.tabIndex = -1;
  document.body.replaceChildren(row.node);
});

function show(more: Partial<Kernel> = {}, ...grants: Partial<Grant>[]): Kernel {
  const all = grants.map(one => grant({ granted_on: NOW - 300, ...one }));
  const shown = { ...kernel('k1', NOW - 120, ['lake']), notebook: 'a/b.ipynb', grants: all, ...more };
  row.update(shown);
  return shown;
}
const lines = (): string[] =>
  Array.from(row.node.querySelectorAll('.ja-1line, .ja-meta'), line => line.textContent ?? '').filter(Boolean);
const buttons = (): (string | null)[][] =>
  Array.from(row.node.querySelectorAll('button'), one => [one.textContent, one.getAttribute('aria-label')]);
const press = async (): Promise<void> => {
  row.node.querySelector<HTMLElement>('.ja-standing button')?.click();
  await Promise.resolve();
  await new Promise(resolve => setTimeout(resolve));
};

it('an allowed one can be stopped', async () => {
  show({}, { scopes: ['lake.read'], account: 'ada' });
  expect(lines()).toEqual(['b.ipynb', 'lake', 'Allowed until its kernel stops', 'lake.read · ada', 'used 2 min ago']);
  expect(buttons()).toEqual([['Stop allowing', 'Stop allowing b.ipynb to use lake']]);
  row.node.querySelector('button')?.focus();
  await press();
  expect(asked).toEqual([['DELETE', 'kernels/k1/grants?profile=lake']]);
  expect(said).toEqual(['b.ipynb has to ask again before it uses lake']);
  show();
  expect(lines()).toEqual(['b.ipynb', 'lake', 'Asks you at its next use', 'used 2 min ago']);
  expect(buttons()).toEqual([]);
  expect(document.activeElement).toBe(row.node);
});

it('one that is allowed for its notebook stays so', () => {
  show({}, { remember: 'notebook' });
  expect(lines()).toContain('Allowed until the server stops');
});

it('a refused one can ask again', async () => {
  show({ profiles: [], connected: false }, { decision: 'deny' });
  expect(lines()).toEqual(['b.ipynb', 'Not connected now', 'lake', 'Not allowed · you chose Never', 'asked 5 min ago']);
  expect(buttons()).toEqual([['Ask again', 'Ask again when b.ipynb wants to use lake']]);
  await press();
  expect(asked).toEqual([['DELETE', 'kernels/k1/grants?profile=lake']]);
  expect(said).toEqual(['b.ipynb can ask for lake again']);
});

it('one that every kernel may use can be blocked for the notebook, and unblocked', async () => {
  access = 'allow';
  show();
  expect(lines()).toEqual(['b.ipynb', 'lake · used 2 min ago', 'asked once']);
  expect(buttons()).toEqual([['', 'More actions for b.ipynb']]);
  row.node.querySelector('button')?.click();
  expect(menus.map(({ text }) => text)).toEqual(['Block lake for this notebook']);
  menus[0]?.act();
  await new Promise(resolve => setTimeout(resolve));
  expect(asked).toEqual([['PUT', 'kernels/k1/grants', { profile: 'lake', decision: 'deny', remember: 'notebook' }]]);
  expect(said).toEqual(['b.ipynb can no longer use lake']);
  show({}, { decision: 'deny', remember: 'notebook' });
  expect(lines()).toEqual(['b.ipynb', 'lake', 'Blocked until the server stops', 'used 2 min ago']);
  expect(buttons()).toEqual([['Unblock', 'Unblock lake for b.ipynb']]);
  await press();
  expect(asked[1]).toEqual(['DELETE', 'kernels/k1/grants?profile=lake']);
});

it('a kernel without a notebook is blocked by itself', async () => {
  access = 'allow';
  show({ notebook: null, kernel_name: 'Python 3' });
  row.node.querySelector('button')?.click();
  expect(menus.map(({ text }) => text)).toEqual(['Block lake for this kernel']);
  menus[0]?.act();
  await new Promise(resolve => setTimeout(resolve));
  expect(asked[0]?.[2]).toEqual({ profile: 'lake', decision: 'deny', remember: 'kernel' });
});

it('what every kernel may use stands in one line, what has a rule in its own', () => {
  const uses = ['lake', 'open', 'other'].map(of => ({ profile: of, count: 2, last_used: NOW - 120 }));
  show({ profiles: uses }, { decision: 'allow' });
  expect(lines()).toEqual([
    'b.ipynb',
    'open, other · used 2 min ago',
    'asked 4 times',
    'lake',
    'Allowed until its kernel stops',
    'used 2 min ago'
  ]);
});

it('what the configuration forbids can only be read', () => {
  access = 'deny';
  show({}, { decision: 'allow' });
  expect(lines()).toEqual(['b.ipynb', 'lake', 'Not allowed by the configuration', 'used 2 min ago']);
  expect(buttons()).toEqual([]);
});

it('what the server refuses is told where it was asked for', async () => {
  const shown = show({}, {});
  reply = { status: 403, body: { error: 'policy_error', message: 'The administrator decides this.', hint: '' } };
  await press();
  row.update(shown);
  expect(row.node.querySelector('[role=alert]')?.textContent).toBe('The administrator decides this.');
  expect(said).toEqual([]);
  access = 'allow';
  show();
  expect(row.node.querySelector('[role=alert]')?.textContent).toBe('The administrator decides this.');
});

it('names of others are only text', () => {
  show({ notebook: '<img src=x>.ipynb' }, { scopes: ['<b>x</b>'], account: '\u202eada' });
  expect(row.node.querySelectorAll('img, b')).toHaveLength(0);
  expect(row.node.textContent).not.toContain('\u202e');
});
