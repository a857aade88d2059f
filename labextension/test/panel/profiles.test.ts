import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Client, type Reply } from '../../src/model/client';
import type { State } from '../../src/model/state';
import type { Account, Profile } from '../../src/model/types';
import { Store } from '../../src/model/store';
import { summary } from '../../src/model/summary';
import { WaitingList } from '../../src/model/waiting';
import { Actions } from '../../src/panel/actions';
import type { Context } from '../../src/panel/context';
import { Empty } from '../../src/panel/empty';
import { openMenu } from '../../src/panel/menu';
import { ProfileBlock } from '../../src/panel/profiles';
import { account, data, profile, say } from './samples';

const asked: unknown[][] = [];
let reply: Reply;
let rows: Account[];
let profiles: Profile[];
let store: Store;
let block: ProfileBlock;
let actions: Actions;

beforeEach(() => {
  asked.length = 0;
  reply = { status: 200, body: [] };
  profiles = [];
  const client = new Client((...request) => {
    if (request[0] === 'GET') {
      return Promise.resolve({ status: 200, body: request[1] === 'profiles' ? profiles : rows });
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

describe('at a JupyterHub', () => {
  const hub = profile('lake', { provider: 'jupyterhub' });
  const draw = async (...accounts: Account[]): Promise<string> => {
    rows = accounts;
    store.invalidate('accounts');
    await vi.waitFor(() => expect(store.state.data.accounts).toEqual(accounts));
    block.update({ profile: hub, accounts });
    return block.node.textContent ?? '';
  };
  const buttons = (): Element[] => Array.from(block.node.querySelectorAll('button'));

  beforeEach(async () => {
    profiles = [hub];
    store.invalidate('profiles');
    await vi.waitFor(() => expect(store.state.data.profiles).toEqual([hub]));
  });

  it('nobody is asked to sign in where the login there does it', async () => {
    const told = await draw();
    expect(told).toContain('Comes with your login at the Hub');
    expect(told).not.toContain('Nobody signed in');
    expect(buttons()).toEqual([]);
  });

  it('who has a token is signed in, and neither signs out here nor with another account', async () => {
    expect(await draw(account('ada', 'lake'))).toContain('Signed in');
    expect(buttons()).toEqual([]);
  });

  it('a login that is no longer accepted is mended there', async () => {
    expect(await draw(account('ada', 'lake', { state: 'needs_sign_in' }))).toContain('Sign in at the Hub again');
    expect(buttons()).toEqual([]);
  });

  it('has no first step to show, and the bar says nothing untrue', async () => {
    await draw();
    const known = new Set(['profiles', 'accounts', 'interactions'] as const);
    const state = { ...store.state, connection: 'live', known, data: data({ profiles: [hub] }) } as unknown as State;
    expect(summary(state, say)).toEqual({ kind: 'none', text: 'Sign-ins' });
    const empty = new Empty({ say } as unknown as Context);
    empty.update(state);
    expect(empty.node.textContent).toBe('');
  });
});
