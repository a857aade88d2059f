import { ended, type InteractionCard, type InteractionModel } from '../interaction';
import { LoginEnded, RestError, type Said } from '../model/client';
import { again, cancel, look, signIn, tell } from '../model/requests';
import type { Store } from '../model/store';
import { endIn, idIn } from './data';

/** Keeps the card of one output as its request is in the store, until that has ended. */
export class Controller {
  constructor(card: InteractionCard, store: Store) {
    this._card = card;
    this._store = store;
    card.now = () => store.now();
    card.addEventListener('ja-cancel', () => void cancel(store, this._id).catch(() => undefined)); // the store tells
    card.addEventListener('ja-retry', () => void this._retry());
    for (const type of ['ja-answer', 'ja-switch', 'ja-decide']) {
      card.addEventListener(type, event => void this._tell((event as CustomEvent<Said & { id: string }>).detail));
    }
    card.addEventListener('ja-dismiss', () => (card.settled = true));
    this._unwatch = store.watch(() => this._update());
  }

  /** Show what an output holds. Called again when the kernel has updated the output. */
  show(data: unknown): void {
    const id = idIn(data);
    if (id !== null && id !== this._first) {
      this._first = this._id = id;
      this._isLive = this._isOver = false;
    }
    if (endIn(data)) {
      this._showEnd(data);
    } else if (id === null) {
      this._put(ended({ state: 'unknown', reason: 'gone' }), true);
    } else {
      this._isLive = true;
      this._update();
    }
  }

  dispose(): void {
    this._unwatch();
  }

  /** The kernel says how it ended; a card that was alive has said so itself, or is about the next attempt by now. */
  private _showEnd(data: unknown): void {
    const isOwn = this._isLive && this._id === this._first;
    if (!this._isLive || (isOwn && !this._isOver)) {
      this._put(endIn(data, (isOwn && this._card.interaction) || {}), !this._isLive);
      this._isOver = true;
    }
  }

  private _update(): void {
    if (!this._isLive || this._isOver) {
      return;
    }
    const { connection, data } = this._store.state;
    const found = data.interactions.find(({ id }) => id === this._id);
    this._card.lost = connection === 'lost';
    if (found) {
      this._isOver = found.state !== 'pending';
      this._put(found, false);
    } else if (connection === 'login-ended') {
      this._put(ended({ state: 'unknown', reason: 'login' }), false);
    } else if (connection === 'lost') {
      this._put(ended({ state: 'unknown', reason: 'offline' }), false);
    } else {
      void this._look();
    }
  }

  /** The store does not know it: because it is new, or over for long. */
  private async _look(): Promise<void> {
    const id = this._id;
    if (this._sought === id) {
      return;
    }
    this._sought = id;
    try {
      const found = await look(this._store, id);
      if (!found && id === this._id && !this._isOver) {
        this._isOver = true;
        this._put(ended({ state: 'unknown', reason: 'gone' }), false);
      }
    } catch (problem) {
      if (problem instanceof RestError && id === this._id) {
        this._put({ ...ended({ id }), ...told(problem) }, true);
      }
    } finally {
      this._sought = '';
    }
  }

  private async _tell({ id: _, ...said }: Said & { id: string }): Promise<void> {
    if (!(await tell(this._store, this._id, said))) {
      this._card.refuseAddress();
    }
  }

  private async _retry(): Promise<void> {
    const before = this._card.interaction;
    if (!before || this._isStarting) {
      return;
    }
    this._isStarting = true;
    try {
      const next = await signIn(this._store, again(before));
      this._id = next.id;
      this._isLive = true;
      this._isOver = false;
      this._update();
    } catch (problem) {
      this._put({ ...ended(before), ...told(problem) }, false);
    } finally {
      this._isStarting = false;
    }
  }

  private _put(interaction: InteractionModel | null, isSettled: boolean): void {
    if (interaction !== this._card.interaction || isSettled !== this._card.settled) {
      this._card.settled = isSettled;
      this._card.interaction = interaction;
    }
  }

  private readonly _card: InteractionCard;
  private readonly _store: Store;
  private readonly _unwatch: () => void;
  private _first = '';
  private _id = '';
  private _sought = '';
  private _isLive = false;
  private _isOver = false;
  private _isStarting = false;
}

/** Why nothing came of it, as the card says it. */
function told(problem: unknown): Pick<InteractionModel, 'state' | 'reason' | 'message' | 'hint'> {
  if (problem instanceof RestError) {
    return { state: 'failed', reason: problem.reason, message: problem.message, hint: problem.hint };
  }
  return problem instanceof LoginEnded
    ? { state: 'unknown', reason: 'login', message: null, hint: null }
    : { state: 'failed', reason: 'no_server', message: null, hint: null };
}
