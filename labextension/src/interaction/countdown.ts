import { SECONDS_SHOWN_UNDER } from './words';

/**
 * Calls `tick` when the time shown would change, and not at all while the page
 * is hidden. `left` gives the seconds left.
 */
export class Countdown {
  constructor(left: () => number, tick: () => void) {
    this._left = left;
    this._tick = tick;
  }

  start(): void {
    if (!this._isRunning) {
      this._isRunning = true;
      document.addEventListener('visibilitychange', this._go);
      this._schedule();
    }
  }

  stop(): void {
    this._isRunning = false;
    document.removeEventListener('visibilitychange', this._go);
    clearTimeout(this._timer);
  }

  private readonly _go = (): void => {
    clearTimeout(this._timer);
    if (this._isRunning && !document.hidden) {
      this._tick();
      this._schedule();
    }
  };

  private _schedule(): void {
    if (this._isRunning && !document.hidden) {
      clearTimeout(this._timer);
      this._timer = setTimeout(this._go, pause(this._left()) * 1000 + 20); // just past a whole second
    }
  }

  private readonly _left: () => number;
  private readonly _tick: () => void;
  private _isRunning = false;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}

/** Seconds until the time that is shown is another. */
export function pause(left: number): number {
  if (left > SECONDS_SHOWN_UNDER) {
    return Math.min(10, left - SECONDS_SHOWN_UNDER);
  }
  return left - Math.floor(left) || 1;
}
