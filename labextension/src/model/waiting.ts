import type { Interaction } from './types';

const LINGERS = 5000; // ms for which "signed in", "cancelled" and what nobody knows the end of stay

/**
 * Which requests the panel shows: those that wait, and of those that this page saw waiting, how they
 * ended. A failed sign-in stays until it is dismissed, a success for some seconds. One that was asked anew keeps its
 * place: `place` names the card that shows it.
 */
export class WaitingList {
  private readonly endedAt = new Map<string, number>();
  private readonly seen = new Set<string>();
  private readonly dismissed = new Set<string>();
  private readonly places = new Map<string, string>();

  shown(interactions: readonly Interaction[], now: number): Interaction[] {
    return interactions.filter(interaction => this.isShown(interaction, now));
  }

  /** Milliseconds until the next one disappears by itself; null where none will. */
  nextEnd(now: number): number | null {
    const left = [...this.endedAt.entries()]
      .filter(([id]) => !this.dismissed.has(id))
      .map(([, ended]) => ended + LINGERS - now)
      .filter(rest => rest > 0);
    return left.length ? Math.min(...left) : null;
  }

  dismiss(id: string): void {
    this.dismissed.add(id);
  }

  /** `next` was asked for in the place of `old`. */
  replace(old: string, next: string): void {
    if (old !== next) {
      this.places.set(next, this.place(old));
      this.dismiss(old);
    }
  }

  place(id: string): string {
    return this.places.get(id) ?? id;
  }

  private isShown({ id, state, flow }: Interaction, now: number): boolean {
    if (state === 'pending') {
      this.seen.add(id);
      return true;
    }
    if (!this.seen.has(id) || this.dismissed.has(id)) {
      return false;
    }
    if (flow === 'consent' || state === 'succeeded' || state === 'cancelled' || state === 'unknown') {
      const ended = this.endedAt.get(id) ?? now;
      this.endedAt.set(id, ended);
      return now - ended < LINGERS;
    }
    return true;
  }
}
