const MAX_URL = 2048;
// RFC 3986 §3.2 without user part and percent-encoding, which clients read differently.
const AUTHORITY = /^https?:\/\/(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]*)?(?=[/?#]|$)/i;
// What browsers read as an IPv4 address, in whatever way it is written (WHATWG URL, "ends in a number").
const NUMBER = /(^|\.)(\d+|0x[\da-f]*)\.?$/;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * The parsed address if its raw text is an absolute http(s) URL without tricks,
 * else null. The raw text is judged first, since parsers drop tabs and newlines
 * and turn backslashes around.
 */
function checked(url: unknown): URL | null {
  if (typeof url !== 'string' || !url || url.length > MAX_URL) {
    return null;
  }
  const host = AUTHORITY.exec(url)?.[1]?.toLowerCase();
  if (!/^[\x21-\x7e]+$/.test(url) || url.includes('\\') || !host) {
    return null;
  }
  try {
    const parsed = new URL(url);
    // an octal, hexadecimal or short address would be shown, and called, as another one
    const written = !NUMBER.test(host) || parsed.hostname === host;
    const plain = written && !parsed.username && !parsed.password && parsed.port !== '0';
    return plain && ['http:', 'https:'].includes(parsed.protocol) ? parsed : null;
  } catch {
    return null;
  }
}

/**
 * Whether a person may be sent to `url` by the provider `issuer`: https, and
 * plain http only where both are on a loopback host (a provider under
 * development). The server has judged it already; this is the second look.
 */
export function isSafeLink(url: unknown, issuer: unknown): url is string {
  const parsed = checked(url);
  if (!parsed || parsed.protocol === 'https:') {
    return parsed !== null;
  }
  const own = checked(issuer);
  return own !== null && LOOPBACK.test(own.hostname) && LOOPBACK.test(parsed.hostname);
}

/** The host of an address, with its port where that is not the scheme's own; empty for no address. */
export function hostOf(url: unknown): string {
  return checked(url)?.host ?? '';
}

/** What to call an address on its button: its host, and for a page where a code goes its path. */
export function nameOf(url: string, withPath: boolean): string {
  const parsed = checked(url);
  return parsed ? parsed.host + (withPath ? parsed.pathname.replace(/\/+$/, '') : '') : '';
}
