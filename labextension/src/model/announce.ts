import type { Interaction } from './types';

export type News =
  | { kind: 'waiting'; interaction: Interaction }
  | { kind: 'ended'; interaction: Interaction };

/** Tells, from one reading to the next, which requests are new and which have ended: each of it once. */
export class Announcer {
  private readonly pending = new Set<string>();

  heed(interactions: readonly Interaction[]): News[] {
    const news: News[] = [];
    for (const interaction of interactions) {
      const { id, state } = interaction;
      if (state === 'pending' && !this.pending.has(id)) {
        this.pending.add(id);
        news.push({ kind: 'waiting', interaction });
      } else if (state !== 'pending' && this.pending.delete(id)) {
        news.push({ kind: 'ended', interaction });
      }
    }
    return news;
  }
}
