import type { Store } from './store';
import { RestError, type Said } from './client';
import type { Interaction, SignInRequest } from './types';

// What is done about one request, wherever it is shown. What the server answers is in the store at once, so that
// whoever shows the request shows that. All of it rejects with the client's errors, which the store has heeded.

/** Ask for one request that the store does not know; null where the server does not, either. */
export async function look(store: Store, id: string): Promise<Interaction | null> {
  return learned(store, await store.act(client => client.interaction(id)));
}

/** End it; whoever waits for it is told. */
export async function cancel(store: Store, id: string): Promise<void> {
  learned(store, await store.act(client => client.cancel(id), 'interactions'));
}

/** Answer it with the pasted address, or go on with another flow. False: the address belongs to another request. */
export async function tell(store: Store, id: string, said: Said): Promise<boolean> {
  try {
    learned(store, await store.act(client => client.tell(id, said), 'interactions'));
  } catch (problem) {
    return !(problem instanceof RestError && problem.reason === 'wrong_address'); // the store has heeded the rest
  }
  return true;
}

/** Ask for a sign-in: a new request, or the one that waits already for the same. */
export async function signIn(store: Store, request: SignInRequest): Promise<Interaction> {
  return learned(store, await store.act(client => client.signIn(request), 'interactions'));
}

/** What asks for the same once more: as much of it as the request tells. */
export function again({ profile, scopes, account, login_hint }: Interaction): SignInRequest {
  return {
    profile,
    ...(scopes.length ? { scopes } : {}), // a request that is known by its saved end has none: then the profile's
    ...(account ? { account } : {}),
    ...(login_hint ? { login_hint } : {})
  };
}

function learned<T extends Interaction | null>(store: Store, interaction: T): T {
  if (interaction) {
    store.learn(interaction);
  }
  return interaction;
}
