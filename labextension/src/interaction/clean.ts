// Cc control, Cf format (bidi overrides, zero-width), Cs surrogates, Co private use, Cn unassigned,
// Zl/Zp line and paragraph separators: none of them has a place in a name that a person reads.
// So have letters and marks that show nothing (DI: a name made of them looks like none) and the blank of Braille.
const DROPPED = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{DI}\u2800]/gu;
// Four marks are enough for any letter; more of them climb into the lines above and below.
const PILED = /([\p{Mn}\p{Me}]{4})[\p{Mn}\p{Me}]+/gu;

/**
 * One line of plain text: no control, escape, bidi or invisible characters,
 * at most `limit` characters. The same rule as the server's `core/text.py`.
 */
export function clean(value: unknown, limit = 120): string {
  if (value === null || value === undefined) {
    return '';
  }
  const text = String(value).slice(0, 8 * limit); // a hostile megabyte is cut before it is walked
  const kept = text
    .replace(/[\t\n\r]/g, ' ')
    .replace(DROPPED, '')
    .replace(PILED, '$1')
    .split(/\s+/u)
    .filter(Boolean)
    .join(' ');
  const letters = Array.from(kept);
  return letters.length <= limit ? kept : `${letters.slice(0, limit - 1).join('')}…`;
}
