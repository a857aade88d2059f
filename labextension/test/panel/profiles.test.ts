import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Client, type Reply } from '../../src/model/client';
import type { Account } from '../../src/model/types';
import { Store } from '../../src/model/store';
import { WaitingList } from '../../src/model/waiting';
import { Actions } from '../../src/panel/actions';
import type { Context } from '../../src/panel/context';
import { openMenu } from '../../src/panel/menu';
import { ProfileBlock } from '../../src/panel/profiles';
import { account, profile, say } from './samples';

const asked: unknown[][] = [];
let reply: Reply;
let rows: Account[];
let store: Store;
let block: ProfileBlock;
let actions: Actions;

beforeEach(() => {
  asked.length = 0;
  reply = { status: 200, body: [] };
  const client = new Client((...request) => {
    if (request[0] === 'GET') {
      return Promise.resolve({ status: 200, body: rows });
    }
    asked.push(request);
    return Promise.resolve(reply);
  });
  store = new Store(client);
  actions = new Actions(store, new WaitingList());
  const context = {
    store,
    actions,
    say,
    menu: (anchor: HTMLElement, label: string, items: Parameters<typeof openMenu>[3]) =>
      openMenu(document.body, anchor, label, items)
  } as unknown as Context;
  block = new ProfileBlock(context);
  document.body.append(block.node);
});
afterEach(() => {
  store.dispose();
  document.body.replaceChildren();
});

const show = async (...accounts: Account[]): Promise<void> => {
  rows = accounts;
  store.invalidate('accounts');
  await vi.waitFor(() => expect(store.state.data.accounts).toEqual(accounts));
  block.update({ profile: profile('lake'), accounts });
};
const entries = (row: number): string[] => {
  block.node.querySelectorAll<HTMLElement>('[aria-haspopup=menu]')[row]?.click();
  return Array.from(document.querySelectorAll('[role=menuitem]'), entry => entry.textContent ?? '');
};
const choose = (entry: string): void =>
  Array.from(document.querySelectorAll<HTMLElement>('[role=menuitem]'))
    .find(({ textContent }) => textContent === entry)
    ?.click();

describe('several accounts of a profile', () => {
  it('are told apart by words, and one can be chosen', async () => {
    await show(account('ada', 'lake'), account('grace', 'lake'));
    expect(block.node.textContent).toContain('No account is used by default');
    expect(entries(1)).toEqual(['Use by default', 'Sign in again', 'Sign out']);
    choose('Use by default');
    await vi.waitFor(() => expect(asked).toEqual([['PUT', 'accounts/grace.id?profile=lake', { default: true }]]));
    await show(account('ada', 'lake'), account('grace', 'lake', { default: true }));
    const rows = Array.from(block.node.querySelectorAll('li .ja-dot'), row => row.textContent);
    expect(rows).toEqual(['Signed in', 'Signed in · used by default']);
    expect(block.node.textContent).not.toContain('No account is used by default');
    expect(entries(1)).toEqual(['Sign in again', 'Sign out']);
  });

  it('the chosen one stays the chosen one while it needs a sign-in', async () => {
    await show(account('ada', 'lake'), account('grace', 'lake', { default: true, state: 'needs_sign_in' }));
    expect(block.node.textContent).toContain('Needs a new sign-in · used by default');
    expect(block.node.textContent).not.toContain('No account');
  });

  it('what the server says instead is shown', async () => {
    reply = { status: 409, body: { error: 'interaction_required', message: 'Signed out.', hint: 'Sign in.' } };
    await show(account('ada', 'lake'), account('grace', 'lake'));
    actions.changed = () => block.update({ profile: profile('lake'), accounts: rows });
    entries(0);
    choose('Use by default');
    await vi.waitFor(() => expect(block.node.querySelector('[role=alert]')?.textContent).toBe('Signed out. Sign in.'));
  });

  it('the only one of a profile need not be chosen', async () => {
    await show(account('ada', 'lake'), account('ada', 'other'));
    expect(entries(0)).toEqual(['Sign in again', 'Sign out']);
  });
});
