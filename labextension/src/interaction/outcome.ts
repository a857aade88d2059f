// How an interaction ended, as a notice with what can be done next and as a single line; never a code or an address.
import { clean } from './clean';
import type { IconName } from './icons';
import type { InteractionModel } from './model';
import { phrase, verbatim, type Phrase } from './strings';
import { hostOf } from './urls';

/** What a person can do about it. */
export type Remedy = 'renew' | 'retry' | 'cancel' | 'dismiss';

/** How it ended. `title` is empty where a single line says it all. */
export interface Outcome {
  kind: 'outcome';
  state: 'done' | 'cancelled' | 'unknown' | 'expired' | 'denied' | 'failed';
  icon: IconName;
  tone: 'ok' | 'warn' | 'bad' | 'soft';
  title: Phrase | null;
  said: Phrase[];
  line: Phrase[];
  remedies: Remedy[];
  details: [label: Phrase, value: string][];
}

// reason → sentence, hint, icon
const FAILURES: Record<string, [string, string, IconName]> = {
  unreachable: ['card.failed.unreachable', 'card.failed.unreachableHint', 'lost'],
  timeout: ['card.failed.unreachable', 'card.failed.unreachableHint', 'lost'],
  provider_refused: ['card.failed.refused', 'card.failed.refusedHint', 'alert'],
  no_oauth_error: ['card.failed.refused', 'card.failed.refusedHint', 'alert'],
  no_server: ['card.failed.server', 'card.failed.serverHint', 'lost'],
  device_code_blocked: ['card.failed.policy', 'card.failed.policyHint', 'shield'],
  unsafe_address: ['card.failed.unsafe', 'card.failed.unsafeHint', 'shield']
};

// why a front end knows no more → icon, sentence
const UNKNOWN = {
  gone: ['cross', 'card.gone'],
  offline: ['lost', 'card.offline'],
  login: ['key', 'card.login']
} as const;

/** How an interaction ended; a state nobody knows counts as failed. */
export function outcome(interaction: InteractionModel): Outcome {
  if (interaction.flow === 'consent') {
    return answered(interaction);
  }
  const profile = clean(interaction.profile);
  const username = clean(interaction.username);
  switch (interaction.state) {
    case 'succeeded': {
      const done = username ? phrase('card.done', { username, profile }) : phrase('card.done.nobody', { profile });
      return made('done', 'check', 'ok', { line: [done] });
    }
    case 'cancelled':
      return made('cancelled', 'cross', 'soft', { line: [phrase('card.cancelled')] });
    case 'unknown':
      return unknown(interaction.reason);
    case 'expired':
      return expired(interaction.flow !== 'authorization_code');
    case 'declined':
      return interaction.reason === 'wrong_account' ? failed(interaction) : denied(host(interaction), profile);
    default:
      return failed(interaction);
  }
}

/** How it ended for a kernel that asked to be allowed something: one line in any case, since there is nothing to do. */
function answered(interaction: InteractionModel): Outcome {
  const values = { profile: clean(interaction.profile) };
  switch (interaction.state) {
    case 'succeeded':
      return made('done', 'check', 'ok', { line: [phrase('card.consent.allowed', values)] });
    case 'declined':
      return made('denied', 'refused', 'soft', { line: [phrase('card.consent.refused', values)] });
    case 'expired':
      return made('expired', 'clock', 'warn', { line: [phrase('card.consent.expired')] });
    case 'cancelled':
      return made('cancelled', 'cross', 'soft', { line: [phrase('card.consent.cancelled')] });
    default:
      return interaction.reason === 'offline' || interaction.reason === 'login'
        ? unknown(interaction.reason)
        : made('unknown', 'cross', 'soft', { line: [phrase('card.consent.gone')] });
  }
}

function unknown(reason: string | null): Outcome {
  const why = reason !== null && Object.hasOwn(UNKNOWN, reason) ? (reason as keyof typeof UNKNOWN) : 'gone';
  const [shape, key] = UNKNOWN[why];
  return made('unknown', shape, 'soft', { line: [phrase(key)] });
}

function expired(byCode: boolean): Outcome {
  return made('expired', 'clock', 'warn', {
    title: phrase(byCode ? 'card.expired.title' : 'card.expired.titleRequest'),
    said: [phrase('card.expired.text')],
    line: [phrase(byCode ? 'card.expired.line' : 'card.expired.request')],
    remedies: [byCode ? 'renew' : 'retry', 'dismiss']
  });
}

function denied(where: string, profile: string): Outcome {
  const said = [phrase('card.denied.text', { host: where, profile })];
  return made('denied', 'refused', 'bad', {
    title: phrase('card.denied.title'),
    said,
    line: said,
    remedies: ['retry', 'dismiss']
  });
}

function failed(interaction: InteractionModel): Outcome {
  const reason = String(interaction.reason ?? '');
  const values = { host: host(interaction), profile: clean(interaction.profile) };
  const told = [clean(interaction.message, 240), clean(interaction.hint, 240)].filter(Boolean).map(verbatim);
  const entry = Object.hasOwn(FAILURES, reason) ? FAILURES[reason] : undefined;
  const hint = reason === 'provider_refused' ? clean(interaction.hint, 240) : ''; // the broker's own words
  const said = entry ? [phrase(entry[0], values), hint ? verbatim(hint) : phrase(entry[1], values)] : told;
  return made('failed', entry?.[2] ?? 'alert', 'bad', {
    title: phrase('card.failed.title'),
    said,
    line: said,
    remedies: reason === 'unsafe_address' ? ['dismiss'] : ['retry', 'dismiss'],
    details: details(interaction, entry !== undefined)
  });
}

/** What helps whoever is asked for help. What the provider said stands only here. */
function details(interaction: InteractionModel, hasOwnWords: boolean): Outcome['details'] {
  const rows: [string, string][] = [
    ['error', clean(interaction.reason) || clean(interaction.state)],
    ['message', hasOwnWords ? clean(interaction.message, 240) : ''],
    ['hint', hasOwnWords ? clean(interaction.hint, 240) : ''],
    ['host', host(interaction)],
    ['request', clean(interaction.id)]
  ];
  return rows.filter(([, value]) => value).map(([name, value]) => [phrase(`card.details.${name}`), value]);
}

function made(
  state: Outcome['state'],
  icon: IconName,
  tone: Outcome['tone'],
  more: Partial<Outcome> & Pick<Outcome, 'line'>
): Outcome {
  return { kind: 'outcome', state, icon, tone, title: null, said: [], remedies: [], details: [], ...more };
}

/** The host of the provider, as people know it. */
export function host(interaction: InteractionModel): string {
  return clean(hostOf(interaction.issuer) || interaction.issuer);
}
