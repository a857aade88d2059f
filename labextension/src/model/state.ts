import { ended } from '../interaction/model';
import type { RestError } from './client';
import { reading } from './reading';
import type { Data, Interaction, Resource } from './types';

export type Connection = 'connecting' | 'online' | 'lost' | 'login-ended';

export interface State {
  readonly connection: Connection;
  readonly data: Data;
  /** Which resources have been read at all. */
  readonly known: ReadonlySet<Resource>;
  /** When the server last answered, in ms; 0 if never. */
  readonly knownAt: number;
  /** When it is asked again, in ms; null where nothing is planned. */
  readonly nextTry: number | null;
  /** What the server itself said is wrong. */
  readonly problem: RestError | null;
}

export type Action =
  | { type: 'answered'; resource: Resource; value: unknown; now: number }
  | { type: 'lost'; nextTry: number | null }
  | { type: 'login-ended' }
  | { type: 'failed'; problem: RestError; nextTry: number | null };

export const NOTHING: Data = {
  status: null,
  profiles: [],
  accounts: [],
  cache: [],
  interactions: [],
  kernels: []
};

export const INITIAL: State = {
  connection: 'connecting',
  data: NOTHING,
  known: new Set(),
  knownAt: 0,
  nextTry: null,
  problem: null
};

/** The state after `action`. A login that has ended takes the data with it; a lost connection keeps it. */
export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case 'answered':
      return {
        connection: 'online',
        data: { ...state.data, ...answered(state.data, action.resource, action.value) },
        known: state.known.has(action.resource) ? state.known : new Set(state.known).add(action.resource),
        knownAt: action.now,
        nextTry: null,
        problem: null
      };
    case 'lost':
      return { ...state, connection: 'lost', nextTry: action.nextTry };
    case 'login-ended':
      return { ...INITIAL, connection: 'login-ended' };
    case 'failed':
      return { ...state, problem: action.problem, nextTry: action.nextTry };
  }
}

function answered(data: Data, resource: Resource, value: unknown): Partial<Data> {
  const rows = reading(resource, value);
  return { [resource]: resource === 'interactions' ? withVanished(data.interactions, rows as Interaction[]) : rows };
}

/** A request that waited and of which the server knows no more has ended, nobody knows how: told once. */
function withVanished(before: readonly Interaction[], now: readonly Interaction[]): Interaction[] {
  const known = new Set(now.map(({ id }) => id));
  const vanished = before.filter(({ id, state }) => state === 'pending' && !known.has(id));
  return [...now, ...vanished.map(row => ended({ ...row, state: 'unknown', reason: 'gone' }))];
}
