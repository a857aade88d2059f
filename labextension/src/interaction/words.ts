import { clean } from './clean';
import { known, phrase, verbatim, type Phrase, type Strings } from './strings';

/** Below, seconds are shown. */
export const SECONDS_SHOWN_UNDER = 300;

// Every OpenID sign-in asks for these; they say nothing about what the notebook may do.
const SIGN_IN_SCOPES = new Set(['openid', 'profile', 'email']);

/** A time span as people write it: "1 h 5 min", "15 min"; seconds only under five minutes. */
export function duration(seconds: number, strings: Strings): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < SECONDS_SHOWN_UNDER) {
    return minutesAndSeconds(Math.floor(whole / 60), whole % 60, strings);
  }
  const total = Math.floor((whole + 30) / 60);
  const hours = Math.floor(total / 60);
  const minutes = total % 60;
  if (hours >= 24) {
    return strings('time.day', { count: Math.floor((hours + 12) / 24) });
  }
  if (hours && minutes) {
    return strings('time.hourMinute', { hours, minutes });
  }
  return hours ? strings('time.hour', { count: hours }) : strings('time.minute', { count: minutes });
}

function minutesAndSeconds(minutes: number, seconds: number, strings: Strings): string {
  const parts = minutes ? [strings('time.minute', { count: minutes })] : [];
  if (seconds || !minutes) {
    parts.push(strings('time.second', { count: seconds }));
  }
  return parts.join(' ');
}

/** How long ago something was: "just now", "2 min ago". */
export function ago(seconds: number, strings: Strings): string {
  return seconds < 60 ? strings('time.now') : strings('time.ago', { time: coarse(seconds, strings) });
}

function coarse(seconds: number, strings: Strings): string {
  const whole = Math.max(SECONDS_SHOWN_UNDER, seconds);
  return seconds < SECONDS_SHOWN_UNDER
    ? strings('time.minute', { count: Math.floor(seconds / 60) })
    : duration(whole, strings);
}

/** One scope in words; `raw` is its own name, empty where the words hold it already. */
export interface ScopeWords {
  words: Phrase;
  raw: string;
}

/**
 * What the scopes allow: in the profile's words, else in ours, else "Use
 * <scope>". `openid`, `profile` and `email` are left out unless nothing else is
 * asked for.
 */
export function scopeWords(scopes: unknown, titles: unknown): ScopeWords[] {
  const named = (titles && typeof titles === 'object' ? titles : {}) as Record<string, unknown>;
  const list: unknown[] = Array.isArray(scopes) ? scopes : [];
  const asked = [...new Set(list.filter((s): s is string => typeof s === 'string' && clean(s) !== ''))];
  const telling = asked.filter(scope => !SIGN_IN_SCOPES.has(scope));
  return (telling.length ? telling : asked).map(scope =>
    oneScope(scope, Object.hasOwn(named, scope) ? named[scope] : undefined)
  );
}

function oneScope(scope: string, title: unknown): ScopeWords {
  const raw = clean(scope);
  if (typeof title === 'string' && clean(title)) {
    return { words: verbatim(clean(title)), raw };
  }
  if (scope !== 'unknown' && known(`scope.${scope}`)) {
    return { words: phrase(`scope.${scope}`), raw };
  }
  return { words: phrase('scope.unknown', { scope: raw }), raw: '' };
}
