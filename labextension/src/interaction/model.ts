/** Who asked for a sign-in. The names come from the kernel's side and are not verified. */
export interface Requester {
  notebook: string | null;
  kernel_id: string | null;
  kernel_name: string | null;
  waiting: number;
  in_process?: boolean;
}

/**
 * How far a sign-in has come. `unknown` is never sent by the server: it is for
 * a front end that cannot learn more (`reason`: `gone`, `offline` or `login`).
 */
export type InteractionState = 'pending' | 'succeeded' | 'declined' | 'expired' | 'cancelled' | 'failed' | 'unknown';

/** How a person is asked: by one of the flows of a sign-in, or whether a kernel may use a profile at all. */
export type Flow = 'device_code' | 'authorization_code' | 'consent';

/**
 * One request for a person, a sign-in or a consent: the REST resource `interactions/{id}`.
 *
 * Every text in it may come from a provider, a kernel or a file name somebody
 * chose, so nothing of it is shown without being read by `content.ts`.
 */
export interface InteractionModel {
  id: string;
  profile: string;
  title: string | null;
  client_id: string;
  issuer: string;
  tenant: string | null;
  scopes: string[];
  scope_titles: Record<string, string>;
  /** The account that was asked for, and the one that is proposed at the provider; as the caller named them. */
  account?: string | null;
  login_hint?: string | null;
  flow: Flow;
  /** Why it is not the flow that comes first, for example `device_code_blocked`. */
  flow_reason?: string | null;
  /** Flows to go on with in place of this one. */
  other_flows?: Flow[];
  state: InteractionState;
  slow: boolean;
  user_code: string | null;
  verification_uri: string | null;
  verification_uri_complete: string | null;
  authorization_uri: string | null;
  /** Whether the browser cannot come back by itself: then the person pastes the address they end up on. */
  paste?: boolean;
  created_on: number;
  expires_on: number;
  username: string | null;
  reason: string | null;
  message: string | null;
  hint: string | null;
  requested_by: Requester;
  /** Of a consent: for how many seconds the token is good that "once" gives, where that is known. */
  consent?: { token_lifetime: number | null } | null;
}

/** A request that is over, of which only the fields in `known` are known; without code and address in any case. */
export function ended(known: Partial<InteractionModel>): InteractionModel {
  return {
    id: '',
    profile: '',
    title: null,
    client_id: '',
    issuer: '',
    tenant: null,
    scopes: [],
    scope_titles: {},
    flow: 'device_code',
    state: 'failed',
    slow: false,
    username: null,
    reason: null,
    message: null,
    hint: null,
    created_on: 0,
    expires_on: 0,
    requested_by: { notebook: null, kernel_id: null, kernel_name: null, waiting: 0 },
    ...known,
    user_code: null,
    verification_uri: null,
    verification_uri_complete: null,
    authorization_uri: null,
    other_flows: [],
    paste: false
  };
}
