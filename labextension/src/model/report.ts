import type { AccountOutcome, Outcome, Report } from './types';

export type Tone = 'ok' | 'warn' | 'bad' | 'soft';

export interface Line {
  tone: Tone;
  /** The key of its sentence, which is told with `count`. */
  key: string;
  count: number;
  /** One more sentence for each account, or none. */
  note: string | null;
  rows: AccountOutcome[];
}

const LINES: { outcome: Outcome; tone: Tone; key: string; note: string | null }[] = [
  { outcome: 'revoked', tone: 'ok', key: 'clear.result.revoked', note: null },
  {
    outcome: 'unsupported',
    tone: 'warn',
    key: 'clear.result.unsupported',
    note: 'clear.result.unsupportedNote'
  },
  { outcome: 'failed', tone: 'bad', key: 'clear.result.failed', note: 'clear.result.failedNote' },
  { outcome: 'not_asked', tone: 'soft', key: 'clear.result.notAsked', note: null }
];

/** What is known of a clear or sign-out: a line for each outcome that there was, in the order of success. */
export function linesOf(report: Report): Line[] {
  const rows = Array.isArray(report.accounts) ? report.accounts : [];
  const forgotten: Line = {
    tone: 'ok',
    key: 'clear.result.accounts',
    count: rows.length,
    note: null,
    rows: []
  };
  const outcomes = LINES.map(({ outcome, ...line }) => {
    const own = rows.filter(row => row.outcome === outcome);
    return { ...line, rows: own, count: countOf(outcome, own) };
  });
  return [forgotten, ...outcomes.filter(line => line.count > 0)];
}

/** How many of the lines a person should know of. */
export function thingsToKnow(lines: readonly Line[]): number {
  return lines.filter(line => line.tone === 'warn' || line.tone === 'bad').length;
}

/** Providers that cannot revoke are counted by host, tokens one by one. */
function countOf(outcome: Outcome, rows: readonly AccountOutcome[]): number {
  return outcome === 'unsupported' ? new Set(rows.map(row => row.host)).size : rows.length;
}
