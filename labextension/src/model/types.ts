import type { InteractionModel } from '../interaction/model';

export type Interaction = InteractionModel;

/** The REST resources as jupyter_auth/server/openapi.yaml describes them: what this extension reads of them. */

export interface Status {
  version: string;
  broker: { state: string; where?: string; problem: string | null };
  store: {
    name: string;
    location: string;
    key_source: string;
    key_sources: string[];
    locked: boolean;
    notes: string[];
  };
  configuration: { files: string[]; default_profile: string | null; faults: string[] };
  statistics: Statistics;
}

/** What the broker has counted: all the panel says of it. */
export interface Statistics {
  hits: { kernel: number; memory: number; store: number };
  /** Requests that needed a provider, the forced ones included. */
  others: number;
  refreshes: number;
  failures: number;
}

export interface Fault {
  file: string;
  key: string;
  message: string;
}

export interface Profile {
  name: string;
  title: string | null;
  provider: string | null;
  issuer: string | null;
  scopes: string[];
  flows: string[];
  default: boolean;
  /** Whether a kernel may use it without a word, has to be allowed by a person, or may not. */
  kernel_access: KernelAccess;
  faults: Fault[];
}

export type KernelAccess = 'allow' | 'ask' | 'deny';

export interface Account {
  home_account_id: string;
  username: string;
  name: string;
  environment: string;
  realm: string;
  profile: string;
  /** Whether the profile uses it where a notebook names no account. */
  default: boolean;
  state: 'signed_in' | 'needs_sign_in';
}

export interface CacheEntry {
  profile: string;
  username: string;
  home_account_id: string;
  scopes: string[];
  expires_on: number;
  refresh_on: number;
  last_used: number | null;
  source: 'cache' | 'identity_provider';
  renewing: boolean;
}

export interface ProfileUse {
  profile: string;
  count: number;
  last_used: number;
}

export interface Kernel {
  kernel_id: string;
  kernel_name: string | null;
  notebook: string | null;
  connected: boolean;
  profiles: ProfileUse[];
  grants: Grant[];
}

/** What a person has said about the use of a profile by a kernel. */
export interface Grant {
  profile: string;
  /** Null: whatever the profile has. */
  scopes: string[] | null;
  /** A username; null for any account, and where it is not known. */
  account: string | null;
  decision: 'allow' | 'deny';
  remember: 'kernel' | 'notebook';
  granted_on: number;
}

export type NewGrant = Pick<Grant, 'profile' | 'decision' | 'remember'>;

export type Outcome = 'revoked' | 'unsupported' | 'failed' | 'not_asked' | 'nothing_to_revoke';

export interface AccountOutcome {
  home_account_id: string;
  username: string;
  profile: string;
  host: string;
  outcome: Outcome;
}

/** Of a sign-out; a clear counts tokens, too. */
export interface Report {
  accounts: AccountOutcome[];
  access_tokens?: number;
  refresh_tokens?: number;
}

export interface SignInRequest {
  profile: string;
  scopes?: string[];
  account?: string;
  login_hint?: string;
}

export interface Data {
  status: Status | null;
  profiles: Profile[];
  accounts: Account[];
  cache: CacheEntry[];
  interactions: Interaction[];
  kernels: Kernel[];
}

export type Resource = keyof Data;
export const RESOURCES: readonly Resource[] = [
  'status',
  'profiles',
  'accounts',
  'interactions',
  'cache',
  'kernels'
];
