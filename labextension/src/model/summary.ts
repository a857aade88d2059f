import type { Say } from './say';
import { isAtHub, pendingOf } from './select';
import type { State } from './state';

export interface Summary {
  kind: 'waiting' | 'signed-in' | 'none' | 'lost' | 'locked' | 'unknown';
  text: string;
}

/** What the status bar says: what needs the person first, then how things are. */
export function summary(state: State, say: Say): Summary {
  const { data, connection, known } = state;
  if (connection === 'lost') {
    return { kind: 'lost', text: say('bar.lost') };
  }
  if (connection === 'login-ended') {
    return { kind: 'lost', text: say('bar.login') };
  }
  if (!known.has('accounts') || !known.has('interactions')) {
    return { kind: 'unknown', text: say('side.title') };
  }
  const waiting = pendingOf(data.interactions);
  if (waiting.length) {
    const key = waiting.some(({ flow }) => flow === 'consent') ? 'bar.requests' : 'bar.waiting';
    return { kind: 'waiting', text: say(key, {}, waiting.length) };
  }
  if (data.status?.store.locked) {
    return { kind: 'locked', text: say('bar.locked') };
  }
  const signedIn = data.accounts.filter(account => account.state === 'signed_in').length;
  return signedIn
    ? { kind: 'signed-in', text: say('bar.signedIn', {}, signedIn) }
    : { kind: 'none', text: say(data.profiles.some(isAtHub) ? 'side.title' : 'bar.none') };
}

/** How much came from the cache, and the rest in full; null where nothing has been asked for. */
export function cacheLine(state: State, say: Say): { text: string; details: string } | null {
  const counted = state.data.status?.statistics;
  if (!counted) {
    return null;
  }
  const { kernel, memory, store } = counted.hits;
  const found = kernel + memory + store;
  const all = found + counted.others;
  const values = { kernel, memory, store, refreshes: counted.refreshes, failures: counted.failures };
  const shown = Object.fromEntries(Object.entries({ ...values, found, all }).map(([name, n]) => [name, whole(n)]));
  return all ? { text: say('side.cache', shown), details: say('side.cache.details', shown) } : null;
}

function whole(count: number): string {
  return count.toLocaleString();
}

/** The key of the sentence that says where sign-ins are kept. */
export function storeLine(state: State): { key: string; icon: 'lock' | 'chip'; warns: boolean } {
  const store = state.data.status?.store;
  if (state.data.status?.broker.where === 'process') {
    return { key: 'side.store.process', icon: 'chip', warns: false };
  }
  if (store?.locked) {
    return { key: 'side.store.locked', icon: 'lock', warns: true };
  }
  if (store?.name === 'memory') {
    return { key: 'side.store.memory', icon: 'chip', warns: store.notes.length > 0 };
  }
  if (store?.name === 'redis') {
    return { key: 'side.store.redis', icon: 'lock', warns: false };
  }
  const keyring = store?.key_source.startsWith('keyring');
  return { key: keyring ? 'side.store.keyring' : 'side.store.file', icon: 'lock', warns: false };
}
