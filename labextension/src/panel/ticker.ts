/** One timer that lets times go on while somebody may look at them: not while the page is hidden. */
export class Ticker {
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly work: () => number) {}

  /** Work in so many ms, and then again when the work itself says. */
  start(delay: number): void {
    this.stop();
    this.timer = setTimeout(() => {
      const next = this.work();
      this.start(document.hidden ? Math.max(next, 60_000) : next);
    }, delay);
  }

  stop(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
    this.timer = null;
  }
}
