import { ended } from '../interaction/model';
import type { Account, CacheEntry, Fault, Grant, Interaction, Kernel, KernelAccess, Profile, ProfileUse, Resource, Statistics, Status } from './types';

type Raw = Record<string, unknown>;

/** What an answer holds, with each field of the kind that it should be: whatever that is, the panel goes on. */
export function reading(resource: Resource, value: unknown): unknown {
  if (resource === 'status') {
    return isRaw(value) && 'store' in value ? status(value) : null;
  }
  return raws(value).map(ROWS[resource]);
}

const ROWS: Record<Exclude<Resource, 'status'>, (row: Raw) => object> = {
  profiles: profile,
  accounts: account,
  cache: entry,
  interactions: interaction,
  kernels: kernel
};

function status(row: Raw): Status {
  const [broker, store, configuration] = [raw(row['broker']), raw(row['store']), raw(row['configuration'])];
  return {
    version: text(row['version']),
    broker: { state: text(broker['state']), where: text(broker['where']), problem: some(broker['problem']) },
    store: {
      name: text(store['name']),
      location: text(store['location']),
      key_source: text(store['key_source']),
      key_sources: texts(store['key_sources']),
      locked: store['locked'] === true,
      notes: texts(store['notes'])
    },
    configuration: {
      files: texts(configuration['files']),
      default_profile: some(configuration['default_profile']),
      faults: texts(configuration['faults'])
    },
    statistics: statistics(raw(row['statistics']))
  };
}

function statistics(row: Raw): Statistics {
  const [hits, refreshes, failures] = [raw(row['hits']), raw(row['refreshes']), raw(row['failures'])];
  return {
    hits: { kernel: number(hits['kernel']), memory: number(hits['memory']), store: number(hits['store']) },
    others: number(row['misses']) + number(refreshes['force_refresh_or_claims']),
    refreshes: sum(refreshes),
    failures: sum(failures) - number(failures['no_account']) // before a first sign-in nothing has failed
  };
}

function sum(counts: Raw): number {
  return Object.values(counts).reduce((all: number, one) => all + number(one), 0);
}

function profile(row: Raw): Profile {
  return {
    name: text(row['name']),
    title: some(row['title']),
    provider: some(row['provider']),
    issuer: some(row['issuer']),
    scopes: texts(row['scopes']),
    flows: texts(row['flows']),
    default: row['default'] === true,
    kernel_access: access(row['kernel_access']),
    faults: raws(row['faults']).map(fault)
  };
}

/** What the server says of it; one that knows no such rule lets every kernel use it. */
function access(value: unknown): KernelAccess {
  return value === 'ask' || value === 'deny' ? value : 'allow';
}

function fault({ file, key, message }: Raw): Fault {
  return { file: text(file), key: text(key), message: text(message) };
}

function account(row: Raw): Account {
  return {
    home_account_id: text(row['home_account_id']),
    username: text(row['username']),
    name: text(row['name']),
    environment: text(row['environment']),
    realm: text(row['realm']),
    profile: text(row['profile']),
    default: row['default'] === true,
    state: row['state'] === 'signed_in' ? 'signed_in' : 'needs_sign_in'
  };
}

function entry(row: Raw): CacheEntry {
  return {
    profile: text(row['profile']),
    username: text(row['username']),
    home_account_id: text(row['home_account_id']),
    scopes: texts(row['scopes']),
    expires_on: number(row['expires_on']),
    refresh_on: number(row['refresh_on']),
    last_used: number(row['last_used']) || null,
    source: row['source'] === 'cache' ? 'cache' : 'identity_provider',
    renewing: row['renewing'] === true
  };
}

/** The card reads the rest of it with the same care. */
function interaction(row: Raw): Interaction {
  const asker = raw(row['requested_by']);
  return {
    ...ended({}),
    ...row,
    id: text(row['id']),
    profile: text(row['profile']),
    scopes: texts(row['scopes']),
    account: some(row['account']),
    login_hint: some(row['login_hint']),
    state: text(row['state']) as Interaction['state'],
    requested_by: {
      ...asker,
      notebook: some(asker['notebook']),
      kernel_id: some(asker['kernel_id']),
      kernel_name: some(asker['kernel_name']),
      waiting: number(asker['waiting'])
    }
  };
}

function kernel(row: Raw): Kernel {
  return {
    kernel_id: text(row['kernel_id']),
    kernel_name: some(row['kernel_name']),
    notebook: some(row['notebook']),
    connected: row['connected'] === true,
    profiles: raws(row['profiles']).map(use),
    grants: raws(row['grants']).map(grant)
  };
}

function use(row: Raw): ProfileUse {
  return { profile: text(row['profile']), count: number(row['count']), last_used: number(row['last_used']) };
}

/** What is neither is shown as refused: then nobody believes that a kernel may do more than it may. */
function grant(row: Raw): Grant {
  return {
    profile: text(row['profile']),
    scopes: Array.isArray(row['scopes']) ? texts(row['scopes']) : null,
    account: some(row['account']),
    decision: row['decision'] === 'allow' ? 'allow' : 'deny',
    remember: row['remember'] === 'notebook' ? 'notebook' : 'kernel',
    granted_on: number(row['granted_on'])
  };
}

function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null;
}

function raw(value: unknown): Raw {
  return isRaw(value) ? value : {};
}

function raws(value: unknown): Raw[] {
  return Array.isArray(value) ? value.filter(isRaw) : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function some(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(one => typeof one === 'string') : [];
}

function number(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
