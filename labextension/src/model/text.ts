const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * One line of plain text of at most `limit` characters, without control, bidi or unassigned characters.
 * What comes from providers, kernels and files passes here before a person reads it.
 */
export function clean(value: unknown, limit = 120): string {
  const raw = typeof value === 'string' ? value.slice(0, 8 * limit) : '';
  const line = raw.replace(/[\t\n\r]/g, ' ').replace(UNSEEN, '').split(/ +/).join(' ').trim();
  const letters = Array.from(line);
  return letters.length <= limit ? line : `${letters.slice(0, limit - 1).join('')}…`;
}

/** The host of a URL, with its port where it names one; what is no URL is given back cleaned. */
export function hostOf(url: string | null): string {
  try {
    return url ? new URL(url).host : '';
  } catch {
    return clean(url);
  }
}

/** One or two letters that stand for a name. */
export function initials(name: string): string {
  const parts = clean(name).replace(/@.*/, '').split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const letters = parts.length > 1 ? [parts[0], parts[parts.length - 1]] : [parts[0]];
  const found = letters.map(part => Array.from(part ?? '')[0] ?? '').join('');
  return (found || '?').toUpperCase();
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1) || path;
}
