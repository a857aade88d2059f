import { ended, type InteractionModel } from '../interaction';

/** What a cell shows instead of a code; its data is the id, and at the end how it ended. */
export const MIME_TYPE = 'application/vnd.jupyter_auth.interaction.v1+json';

/** The id in the data of an output, or null. An output may hold anything. */
export function idIn(data: unknown): string | null {
  const id = (data as { id?: unknown } | null | undefined)?.id;
  return typeof id === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(id) ? id : null;
}

/** The end that is saved in the data of an output, or null where it has none; `base` is what is known of it else. */
export function endIn(data: unknown, base: Partial<InteractionModel> = {}): InteractionModel | null {
  const saved = data as (Partial<InteractionModel> & { host?: unknown }) | null | undefined;
  if (!saved || typeof saved.state !== 'string' || saved.state === 'pending') {
    return null;
  }
  const { state, profile, username, flow, host, reason, message, hint } = saved;
  const known = { id: idIn(data) ?? '', state, profile, username, flow, issuer: host, reason, message, hint };
  return ended({ ...base, ...Object.fromEntries(Object.entries(known).filter(([, value]) => typeof value === 'string')) });
}
