import { ended, type InteractionCard, type InteractionModel } from '../interaction';
import { endIn, idIn } from './data';

/** The server's interactions. Each answer is null where there is none of that id. */
export interface Api {
  get(id: string): Promise<InteractionModel | null>;
  cancel(id: string): Promise<InteractionModel | null>;
  start(like: InteractionModel): Promise<InteractionModel>;
  /** Milliseconds by which the server's clock is ahead of this one. */
  readonly ahead: number;
}

/** Tells of changes: the id of what has changed, or null for "whatever you know may be old". */
export interface Feed {
  connect(listener: (id: string | null) => void): void;
  disconnect(listener: (id: string | null) => void): void;
}

/** What the server refused, in its words. */
export class Refused extends Error {
  constructor(readonly answer: Partial<Pick<InteractionModel, 'reason' | 'message' | 'hint'>>) {
    super(answer.message ?? 'refused');
  }
}

/**
 * Keeps one card as its interaction is at the server. It asks when it starts,
 * when an event says that something has changed, and when the connection is
 * back; in between it asks nothing.
 */
export class Controller {
  constructor(card: InteractionCard, api: Api, feed: Feed) {
    this._card = card;
    this._api = api;
    this._feed = feed;
    card.now = () => Date.now() + api.ahead;
    card.addEventListener('ja-cancel', () => void this._do(id => this._api.cancel(id)));
    card.addEventListener('ja-retry', () => void this._retry());
    card.addEventListener('ja-dismiss', () => (card.settled = true));
    feed.connect(this._onChange);
  }

  /** Show what an output holds. Called again when the kernel has updated the output. */
  async show(data: unknown): Promise<void> {
    const id = idIn(data);
    if (id !== null && id !== this._first) {
      this._first = this._id = id;
      this._isLive = false;
    }
    if (endIn(data)) {
      this._showEnd(data);
    } else if (id === null) {
      this._put(ended({ state: 'unknown', reason: 'gone' }), true);
    } else {
      this._isLive = true;
      await this._refresh();
    }
  }

  dispose(): void {
    this._isDisposed = true;
    this._feed.disconnect(this._onChange);
  }

  /** The kernel says how it ended; a card that was alive has said so itself, or is about the next attempt by now. */
  private _showEnd(data: unknown): void {
    const isOwn = this._isLive && this._id === this._first;
    if (!this._isLive || (isOwn && this._isWaiting())) {
      this._put(endIn(data, (isOwn && this._card.interaction) || {}), !this._isLive);
    }
  }

  private _isWaiting(): boolean {
    return ['pending', 'unknown', undefined].includes(this._card.interaction?.state);
  }

  private readonly _onChange = (id: string | null): void => {
    if (this._isLive && this._isWaiting() && (id === null || id === this._id)) {
      void this._refresh();
    }
  };

  /** Ask once, and once more where something changed meanwhile. */
  private async _refresh(): Promise<void> {
    if (this._asking) {
      this._isOld = true;
      return this._asking;
    }
    this._asking = this._do(id => this._api.get(id));
    await this._asking;
    this._asking = null;
    if (this._isOld) {
      this._isOld = false;
      await this._refresh();
    }
  }

  private async _do(ask: (id: string) => Promise<InteractionModel | null>): Promise<void> {
    const id = this._id;
    try {
      const found = await ask(id);
      if (id === this._id && !this._isDisposed) {
        this._put(found ?? ended({ state: 'unknown', reason: 'gone' }), false);
      }
    } catch {
      // The card on show stays: its countdown goes on, and a return of the connection asks again.
      if (id === this._id && !this._isDisposed && this._card.interaction?.state !== 'pending') {
        this._put(ended({ state: 'unknown', reason: 'offline' }), false);
      }
    }
  }

  private async _retry(): Promise<void> {
    const before = this._card.interaction;
    if (!before || this._isStarting) {
      return;
    }
    this._isStarting = true;
    try {
      const next = await this._api.start(before);
      this._id = next.id;
      this._isLive = true;
      this._put(next, false);
    } catch (problem) {
      const answer = problem instanceof Refused ? problem.answer : { reason: 'server', message: null, hint: null };
      this._put({ ...ended(before), state: 'failed', ...answer }, false);
    } finally {
      this._isStarting = false;
    }
  }

  private _put(interaction: InteractionModel | null, isSettled: boolean): void {
    this._card.settled = isSettled;
    this._card.interaction = interaction;
  }

  private readonly _card: InteractionCard;
  private readonly _api: Api;
  private readonly _feed: Feed;
  private _first = '';
  private _id = '';
  private _isLive = false;
  private _isDisposed = false;
  private _isStarting = false;
  private _isOld = false;
  private _asking: Promise<void> | null = null;
}
