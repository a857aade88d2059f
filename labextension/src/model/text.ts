import { clean as oneLine } from '../interaction/clean';

/** One line of plain text, as the card has it; what is no text is none. */
export function clean(value: unknown, limit = 120): string {
  return typeof value === 'string' ? oneLine(value, limit) : '';
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
