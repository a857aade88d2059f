import { telling } from './select';
import type { Grant, Kernel, KernelAccess, Profile, ProfileUse } from './types';

/**
 * How a kernel stands with a profile: it uses it as every kernel may (`free`), is asked about before each use (`asks`),
 * may not because of the configuration (`denied`), or a person has `allowed` or `refused` it, or this and that (`mixed`).
 */
export type Stand = 'free' | 'asks' | 'denied' | 'allowed' | 'refused' | 'mixed';

export interface Standing {
  profile: string;
  stand: Stand;
  access: KernelAccess;
  use: ProfileUse | null;
  /** What counts of what a person has said, one for each kind of it. */
  said: Said[];
}

/** Grants of one kind, told as one. */
export interface Said {
  decision: Grant['decision'];
  remember: Grant['remember'];
  /** Empty: whatever the profile has. */
  scopes: string[];
  /** Empty: any account. */
  accounts: string[];
}

/** Each profile that the kernel has used or somebody has said something about, the first used first. */
export function standings(kernel: Kernel, profiles: readonly Profile[]): Standing[] {
  const names = [...kernel.profiles, ...kernel.grants].map(({ profile }) => profile);
  return Array.from(new Set(names), name => {
    const grants = kernel.grants.filter(({ profile }) => profile === name);
    const known = profiles.find(profile => profile.name === name)?.kernel_access;
    const access = known ?? (grants.length ? 'ask' : 'allow');
    const counting = grants.filter(grant => counts(grant, access));
    const use = kernel.profiles.find(({ profile }) => profile === name) ?? null;
    return { profile: name, stand: standOf(counting, access), access, use, said: kinds(counting) };
  });
}

/** Nothing a person has said opens what is closed, and nobody needs to be allowed what is open to all. */
function counts({ decision }: Grant, access: KernelAccess): boolean {
  return access === 'ask' || (access === 'allow' && decision === 'deny');
}

function standOf(grants: readonly Grant[], access: KernelAccess): Stand {
  const decisions = new Set(grants.map(({ decision }) => decision));
  if (decisions.size > 1) {
    return 'mixed';
  }
  if (decisions.size) {
    return decisions.has('allow') ? 'allowed' : 'refused';
  }
  return access === 'ask' ? 'asks' : access === 'deny' ? 'denied' : 'free';
}

function kinds(grants: readonly Grant[]): Said[] {
  const byKind = new Map<string, Grant[]>();
  for (const grant of grants) {
    const kind = `${grant.decision} ${grant.remember}`;
    byKind.set(kind, [...(byKind.get(kind) ?? []), grant]);
  }
  return Array.from(byKind.values(), all => {
    const { decision, remember } = all[0] as Grant;
    const scopes = all.every(grant => grant.scopes) ? all.flatMap(grant => grant.scopes ?? []) : [];
    const accounts = all.every(grant => grant.account) ? all.flatMap(grant => grant.account ?? []) : [];
    return { decision, remember, scopes: telling([...new Set(scopes)]), accounts: [...new Set(accounts)] };
  });
}

/** When a person last said something about it, in Unix seconds; 0 if never. */
export function saidOn({ grants }: Kernel, profile: string): number {
  return Math.max(0, ...grants.filter(grant => grant.profile === profile).map(grant => grant.granted_on));
}
