// What the card says: one reading of an interaction, without a page. Every value of an interaction may come from
// a provider, a kernel or a file name somebody chose, so all of them are cleaned here, and an address that is not
// safe to open does not get past this module.
import { clean } from './clean';
import type { Flow, InteractionModel } from './model';
import { host, outcome, type Outcome } from './outcome';
import { phrase, verbatim, type Phrase } from './strings';
import { isSafeLink, nameOf } from './urls';
import { scopeWords } from './words';

/** Of the time: what is left counts as little. */
const LOW_SHARE = 0.25;
/** Seconds after the use of the link from which a tip is of use. */
const SLOW_AFTER = 60;
/** Seconds in which the server may still say how it ended. */
const LEEWAY = 5;
/** Characters that fit in one line beside the Copy button. */
const LONG_CODE = 16;

const FLOWS: Flow[] = ['authorization_code', 'device_code'];
const BLOCKED = [phrase('card.failed.policy'), phrase('card.failed.policyHint')];

/** A line of a fact: its value, or a note below it; `raw` is a scope's own name. */
export interface Line {
  words: Phrase;
  isNote: boolean;
  raw: string;
}

/** A row of the card: "Notebook", "Sign in at" and so on. */
export interface Fact {
  label: Phrase;
  lines: Line[];
}

/** A request that waits for a person. */
export interface Card {
  kind: 'card';
  state: 'waiting' | 'slow' | 'lost';
  title: Phrase;
  caution: Phrase;
  facts: Fact[];
  byCode: boolean;
  /** Why it is not the way that comes first, where that is of interest. */
  why: Phrase[];
  /** Whether the address has to be pasted, else it only can be. */
  mustPaste: boolean;
  others: Flow[];
  code: string;
  isLongCode: boolean;
  url: string;
  urlName: string;
  qr: string;
  isLow: boolean;
  left: number;
  share: number;
}

export type Content = Card | Outcome;

/** What the card itself knows beside the interaction; times in seconds. */
export interface Circumstances {
  now: number;
  openedOn: number | null;
  /** The server cannot be reached: how it stands now nobody knows. */
  isLost?: boolean;
}

/**
 * The card of a pending interaction, the outcome of any other. A pending one
 * whose address is not safe to open is shown as failed: its code would only
 * lead a person to look for that address elsewhere.
 */
export function read(interaction: InteractionModel, circumstances: Circumstances): Content {
  if (interaction.state !== 'pending') {
    return outcome(interaction);
  }
  const byCode = interaction.flow !== 'authorization_code';
  const url = (byCode ? interaction.verification_uri : interaction.authorization_uri) ?? '';
  if (url && !isSafeLink(url, interaction.issuer)) {
    return outcome({ ...interaction, state: 'failed', reason: 'unsafe_address' });
  }
  const left = number(interaction.expires_on, circumstances.now) - circumstances.now;
  if (left > -LEEWAY) {
    return card(interaction, circumstances, byCode, url, left);
  }
  const end = circumstances.isLost ? { state: 'unknown', reason: 'offline' } : { state: 'expired' };
  return outcome({ ...interaction, ...(end as Pick<InteractionModel, 'state'>) });
}

function card(
  interaction: InteractionModel,
  { now, openedOn, isLost }: Circumstances,
  byCode: boolean,
  url: string,
  left: number
): Card {
  const total = Math.max(1, left + now - number(interaction.created_on, now));
  const isLow = left < LOW_SHARE * total;
  const isSlow = interaction.slow === true || isLow || (openedOn !== null && now - openedOn >= SLOW_AFTER);
  const code = byCode ? clean(interaction.user_code) : '';
  const complete = interaction.verification_uri_complete;
  const notebook = notebookName(interaction);
  const profile = clean(interaction.profile);
  return {
    kind: 'card',
    state: isLost ? 'lost' : isSlow ? 'slow' : 'waiting',
    title: notebook ? phrase('card.title.notebook', { notebook, profile }) : phrase('card.title.you', { profile }),
    caution: phrase('card.caution'),
    facts: facts(interaction),
    byCode,
    why: interaction.flow_reason === 'device_code_blocked' ? BLOCKED : [],
    mustPaste: !byCode && interaction.paste === true,
    others: FLOWS.filter(flow => flow !== interaction.flow && others(interaction).includes(flow)),
    code,
    isLongCode: code.length > LONG_CODE,
    url,
    urlName: clean(nameOf(url, byCode)),
    qr: byCode && isSafeLink(complete, interaction.issuer) ? complete : '',
    isLow,
    left: Math.max(0, left),
    share: Math.max(0, Math.min(1, left / total))
  };
}

function others(interaction: InteractionModel): unknown[] {
  return Array.isArray(interaction.other_flows) ? interaction.other_flows : [];
}

function facts(interaction: InteractionModel): Fact[] {
  const asker = interaction.requested_by ?? {};
  const waiting = Math.trunc(number(asker.waiting, 1));
  const title = clean(interaction.title);
  const tenant = clean(interaction.tenant);
  const unverified = phrase('card.fact.unverified'); // a kernel chooses what it is called
  const rows: Fact[] = [
    fact('notebook', clean(asker.notebook), waiting > 1 && phrase('card.fact.more', { count: waiting - 1 })),
    fact('kernel', clean(asker.kernel_name), asker.in_process === true ? phrase('card.fact.kernelNote') : unverified),
    fact('application', title || clean(interaction.client_id), !title && unverified),
    fact('account', clean(interaction.username)),
    fact('provider', host(interaction), tenant !== '' && phrase('card.fact.tenant', { tenant })),
    {
      label: phrase('card.fact.scopes'),
      lines: scopeWords(interaction.scopes, interaction.scope_titles).map(scope => ({ ...scope, isNote: false }))
    }
  ];
  return rows.filter(row => row.lines.length > 0);
}

function fact(name: string, value: string, note: Phrase | false = false): Fact {
  const lines: Line[] = value ? [{ words: verbatim(value), isNote: false, raw: '' }] : [];
  if (value && note) {
    lines.push({ words: note, isNote: true, raw: '' });
  }
  return { label: phrase(`card.fact.${name}`), lines };
}

function notebookName(interaction: InteractionModel): string {
  const path = interaction.requested_by?.notebook;
  return clean(typeof path === 'string' ? path.slice(path.lastIndexOf('/') + 1) : '');
}

/** A number that can be counted with: no text, NaN, infinity or anything past the year 5000. */
function number(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Math.abs(value) < 1e11 ? value : otherwise;
}
