import { ended } from '../../src/interaction/model';
import { sayer } from '../../src/model/say';
import type { Account, CacheEntry, Data, Grant, Interaction, Kernel, Profile, Status } from '../../src/model/types';
import table from '../../src/panel/strings.json';

/** The panel's own words, in English. */
export const say = sayer(table, (english, plural, count) =>
  plural === undefined || count === 1 ? english : plural
);

export function profile(name: string, more: Partial<Profile> = {}): Profile {
  const issuer = 'https://idp.example.org/realms/x';
  const rest = { title: null, provider: 'oidc', issuer, scopes: [], flows: [], default: false, faults: [] };
  const kernel_access = 'allow' as const;
  return { name, kernel_access, ...rest, ...more };
}

export function account(username: string, of: string, more: Partial<Account> = {}): Account {
  const rest = { home_account_id: `${username}.id`, name: '', environment: '', realm: '' };
  return { ...rest, username, profile: of, default: false, state: 'signed_in', ...more };
}

export function interaction(id: string, more: Partial<Interaction> = {}): Interaction {
  const requested_by = { notebook: 'a/b.ipynb', kernel_id: 'k', kernel_name: null, waiting: 1 };
  return { ...ended({ id, profile: 'lake', scopes: ['s'], state: 'pending', requested_by }), ...more };
}

export function entry(more: Partial<CacheEntry> = {}): CacheEntry {
  const times = { expires_on: 100, refresh_on: 50, last_used: null };
  const rest = { username: 'ada', home_account_id: 'a', scopes: ['s'] };
  return { profile: 'lake', ...rest, ...times, source: 'cache', renewing: false, ...more };
}

export function kernel(id: string, lastUsed: number, profiles = ['lake']): Kernel {
  const uses = profiles.map(of => ({ profile: of, count: 1, last_used: lastUsed }));
  return { kernel_id: id, kernel_name: null, notebook: null, connected: true, profiles: uses, grants: [] };
}

export function grant(more: Partial<Grant> = {}): Grant {
  const rest = { scopes: null, account: null, decision: 'allow', remember: 'kernel', granted_on: 1 } as const;
  return { profile: 'lake', ...rest, ...more };
}

export function status(more: Partial<Status['store']> = {}): Status {
  const kept = { name: 'sqlite', location: '', key_source: 'file x', key_sources: [] };
  const store = { ...kept, locked: false, notes: [], ...more };
  const configuration = { files: [], default_profile: null, faults: [] };
  const statistics = { hits: { kernel: 0, memory: 0, store: 0 }, others: 0, refreshes: 0, failures: 0 };
  return { version: '1', broker: { state: 'ready', problem: null }, store, configuration, statistics };
}

export function data(more: Partial<Data> = {}): Data {
  const empty = { profiles: [], accounts: [], cache: [], interactions: [], kernels: [] };
  return { status: status(), ...empty, ...more };
}
