const FIRST_PAUSE = 1000; // ms
const LONGEST_PAUSE = 30_000;
const LONGEST_WITHOUT_ONE = 600_000; // where none has ever opened, the server may not know us at all

/** What it notices: that a connection has gone, and that there is one again. */
export interface Told {
  lost(): void;
  returned(): void;
}

/**
 * An open websocket for as long as the page lives: by it the server knows that
 * there is a front end of ours which shows the card, so that a cell need not
 * hold a code. Nothing is sent in it. A lost connection is sought again, at
 * longer and longer pauses, and at once when the page is looked at or the
 * network is back.
 */
export class Presence {
  constructor(connect: () => WebSocket, told: Told) {
    this._connect = connect;
    this._told = told;
    document.addEventListener('visibilitychange', this._again);
    window.addEventListener('online', this._again);
    this._open();
  }

  dispose(): void {
    this._isDisposed = true;
    clearTimeout(this._timer);
    document.removeEventListener('visibilitychange', this._again);
    window.removeEventListener('online', this._again);
    this._socket?.close();
  }

  private _open(): void {
    clearTimeout(this._timer);
    let socket: WebSocket;
    try {
      socket = this._socket = this._connect();
    } catch {
      this._lost();
      return;
    }
    socket.onopen = () => {
      this._pause = FIRST_PAUSE;
      this._wasOpen = true;
      if (this._wasLost) {
        this._wasLost = false;
        this._told.returned();
      }
    };
    socket.onclose = () => {
      if (socket === this._socket) {
        this._lost();
      }
    };
  }

  private _lost(): void {
    this._socket = null;
    if (this._wasOpen && !this._wasLost && !this._isDisposed) {
      this._told.lost();
    }
    this._wasLost = true;
    if (!this._isDisposed) {
      const pause = this._pause * (0.5 + Math.random()); // not all pages of a server at once
      this._timer = setTimeout(() => this._open(), pause);
      this._pause = Math.min(this._wasOpen ? LONGEST_PAUSE : LONGEST_WITHOUT_ONE, 2 * this._pause);
    }
  }

  private readonly _again = (): void => {
    if (!document.hidden && !this._socket && !this._isDisposed) {
      this._open();
    }
  };

  private readonly _connect: () => WebSocket;
  private readonly _told: Told;
  private _socket: WebSocket | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _pause = FIRST_PAUSE;
  private _wasOpen = false;
  private _wasLost = false;
  private _isDisposed = false;
}
