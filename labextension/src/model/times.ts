import type { Say } from './say';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** A duration as people write it: 40 s, 58 min, 1 h 5 min, 2 days. Whole units, never more than is left. */
export function duration(seconds: number, say: Say): string {
  const left = Math.max(0, Math.floor(seconds));
  if (left < MINUTE) {
    return say('time.second', { count: left });
  }
  if (left < HOUR) {
    return say('time.minute', { count: Math.floor(left / MINUTE) });
  }
  if (left >= 2 * DAY || left === DAY) {
    return say('time.day', {}, Math.floor(left / DAY));
  }
  const hours = Math.floor(left / HOUR);
  const minutes = Math.floor((left % HOUR) / MINUTE);
  return minutes ? say('time.hourMinute', { hours, minutes }) : say('time.hour', { count: hours });
}

/** How long ago: just now, 2 min ago. */
export function ago(seconds: number, say: Say): string {
  return seconds < 45 ? say('time.now') : say('time.ago', { time: duration(Math.max(seconds, MINUTE), say) });
}

/** How much of the ring is left: an hour is all of it. */
export function ringPart(secondsLeft: number): number {
  return Math.min(1, Math.max(0, secondsLeft / HOUR));
}

/** Under five minutes a token is about to end. */
export function isShort(secondsLeft: number): boolean {
  return secondsLeft < 5 * MINUTE;
}

/**
 * Milliseconds until what is shown of these times changes: a second while one counts seconds, else a
 * quarter of a minute, so that no minute is shown for long after it has ended.
 */
export function nextTick(secondsLeft: readonly number[], counts: boolean): number {
  const bySecond = counts || secondsLeft.some(left => left > 0 && left <= MINUTE + 1);
  return bySecond ? 1000 : 15_000;
}
