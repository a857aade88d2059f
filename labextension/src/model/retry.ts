export const FIRST_DELAY = 1000;
export const LONGEST_DELAY = 30_000;

/** Milliseconds before the next try: doubled each time, up to half a minute, and moved by up to a fifth. */
export function retryDelay(failures: number, random: number): number {
  const doubled = FIRST_DELAY * 2 ** Math.min(Math.max(failures, 1) - 1, 10);
  return Math.round(Math.min(doubled, LONGEST_DELAY) * (0.8 + 0.4 * random));
}
