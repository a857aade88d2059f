import type { Feed } from './controller';

export const SCHEMA = 'https://events.jupyter.org/jupyter_auth/interactions/v1';

// After a return, Jupyter's own event socket may be back later than ours: ask again when it is by any rule.
const CATCH_UP = [0, 5000, 40_000]; // ms

/** Hands on the server's events to all cards of the page. */
export class EventFeed implements Feed {
  connect(listener: (id: string | null) => void): void {
    this._listeners.add(listener);
  }

  disconnect(listener: (id: string | null) => void): void {
    this._listeners.delete(listener);
  }

  /** An event of whatever kind has come. Whoever has the server's token can send one: a reason to ask, no proof. */
  heard(event: unknown): void {
    const { schema_id: schema, id } = event as { schema_id?: unknown; id?: unknown };
    if (schema === SCHEMA && typeof id === 'string') {
      this._tell(id);
    }
  }

  /** The connection was lost and is back. */
  returned(): void {
    for (const pause of CATCH_UP) {
      setTimeout(() => this._tell(null), pause);
    }
  }

  private _tell(id: string | null): void {
    for (const listener of [...this._listeners]) {
      listener(id);
    }
  }

  private readonly _listeners = new Set<(id: string | null) => void>();
}
