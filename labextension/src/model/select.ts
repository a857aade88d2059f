import { hostOf } from './text';
import type { Account, Data, Interaction, Kernel, Profile } from './types';

/** From so many profiles on, the panel has a filter and one line for each. */
export const MANY = 10;

export interface ProfileView {
  profile: Profile;
  accounts: Account[];
}

/** Applications sign in as themselves: there is no person to ask. */
export function isApplication(profile: Profile): boolean {
  return profile.provider === 'client_credentials' || profile.provider === 'managed_identity';
}

/** Where people are signed in by their login at a JupyterHub: nobody signs in or out here. */
export function isAtHub({ provider }: Profile): boolean {
  return provider === 'jupyterhub';
}

/** True where a person can sign in to it here. */
export function canSignIn(profile: Profile): boolean {
  return !profile.faults.length && !isApplication(profile) && !isAtHub(profile);
}

/** The account came with the login at the Hub, and goes with the logout there. */
export function isOfHub({ profiles }: Data, account: Account): boolean {
  return profiles.some(profile => profile.name === account.profile && isAtHub(profile));
}

/** Each profile with its accounts, in the order of the configuration. */
export function byProfile(data: Data): ProfileView[] {
  const accounts = new Map<string, Account[]>();
  for (const account of data.accounts) {
    accounts.set(account.profile, [...(accounts.get(account.profile) ?? []), account]);
  }
  return data.profiles.map(profile => ({ profile, accounts: accounts.get(profile.name) ?? [] }));
}

/** Of several accounts none is used by default: a notebook that names none is refused. */
export function mustChoose(accounts: readonly Account[]): boolean {
  return accounts.length > 1 && !accounts.some(account => account.default);
}

/** Where there are several and it is not the one already. */
export function canBeChosen({ accounts }: Data, account: Account): boolean {
  return !account.default && accounts.filter(({ profile }) => profile === account.profile).length > 1;
}

export interface Filtered {
  signedIn: { account: Account; profile: Profile }[];
  others: Profile[];
  /** How many profiles of all match. */
  shown: number;
}

/** The profiles whose name, provider or account has the text; those with accounts first. */
export function filtered(views: readonly ProfileView[], text: string): Filtered {
  const wanted = text.trim().toLocaleLowerCase();
  const matches = views.filter(view => !wanted || words(view).includes(wanted));
  return {
    signedIn: matches.flatMap(({ profile, accounts }) => accounts.map(account => ({ account, profile }))),
    others: matches.filter(view => !view.accounts.length).map(view => view.profile),
    shown: matches.length
  };
}

function words({ profile, accounts }: ProfileView): string {
  const names = accounts.flatMap(account => [account.username, account.name]);
  const own = [profile.name, profile.title ?? '', profile.provider ?? '', hostOf(profile.issuer)];
  return [...own, ...names].join('\n').toLocaleLowerCase();
}

/** The kernels that were handed anything or that somebody has said something about, the last of them first. */
export function usingKernels(kernels: readonly Kernel[]): Kernel[] {
  return kernels
    .filter(kernel => kernel.profiles.length > 0 || kernel.grants.length > 0)
    .sort((a, b) => lastUse(b) - lastUse(a));
}

export function lastUse(kernel: Kernel): number {
  return Math.max(0, ...kernel.profiles.map(use => use.last_used), ...kernel.grants.map(grant => grant.granted_on));
}

export function pendingOf(interactions: readonly Interaction[]): Interaction[] {
  return interactions.filter(interaction => interaction.state === 'pending');
}

const OF_THE_PROTOCOL = new Set(['openid', 'profile', 'email', 'offline_access']);

/** The scopes that say what a token is for come first: where the line is cut, they are seen. */
export function tellingFirst(scopes: readonly string[]): string[] {
  const rank = (scope: string): number => (OF_THE_PROTOCOL.has(scope) ? 1 : 0);
  return [...scopes].sort((a, b) => rank(a) - rank(b));
}

/** Those that say what a token is for; all of them where none does. */
export function telling(scopes: readonly string[]): string[] {
  const found = scopes.filter(scope => !OF_THE_PROTOCOL.has(scope));
  return found.length ? found : [...scopes];
}

/** What a clear would take: rows of people, and those of them with a refresh token. */
export function whatGoes(data: Data): { accounts: number; tokens: number; refresh: number } {
  return {
    accounts: data.accounts.length,
    tokens: data.cache.length,
    refresh: data.accounts.filter(account => account.state === 'signed_in').length
  };
}
