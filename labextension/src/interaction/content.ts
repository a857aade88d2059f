// What the card says: one reading of an interaction, without a page. Every value of an interaction may come from
// a provider, a kernel or a file name somebody chose, so all of them are cleaned here, and an address that is not
// safe to open does not get past this module.
import { clean } from './clean';
import { consent, type Consent } from './consent';
import { facts, notebookName, number, type Fact } from './facts';
import type { Flow, InteractionModel } from './model';
import { outcome, type Outcome } from './outcome';
import { phrase, type Phrase } from './strings';
import { isSafeLink, nameOf } from './urls';

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

/** A sign-in that waits for a person. */
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

export type Content = Card | Consent | Outcome;

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
  const left = number(interaction.expires_on, circumstances.now) - circumstances.now;
  const isOver = left <= -LEEWAY;
  if (interaction.flow === 'consent') {
    return isOver ? over(interaction, circumstances) : consent(interaction, left, circumstances.isLost === true);
  }
  const byCode = interaction.flow !== 'authorization_code';
  const url = (byCode ? interaction.verification_uri : interaction.authorization_uri) ?? '';
  if (url && !isSafeLink(url, interaction.issuer)) {
    return outcome({ ...interaction, state: 'failed', reason: 'unsafe_address' });
  }
  return isOver ? over(interaction, circumstances) : card(interaction, circumstances, byCode, url, left);
}

/** Its time is over, and the server has not said how it ended. */
function over(interaction: InteractionModel, { isLost }: Circumstances): Outcome {
  const end = isLost ? { state: 'unknown', reason: 'offline' } : { state: 'expired' };
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
    facts: facts(interaction, interaction.username),
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
