// What the card says where a kernel has to be allowed the use of a profile.
import { clean } from './clean';
import { facts, notebookName, number, type Fact } from './facts';
import type { InteractionModel } from './model';
import { phrase, type Phrase } from './strings';

/** A person's answer, in the words of the REST resource. */
export interface Decision {
  decision: 'allow' | 'deny';
  /** For this request, until the kernel stops, or for the notebook's path as long as the server runs. */
  remember: 'once' | 'kernel' | 'notebook';
}

/** One of the answers. */
export interface Option extends Decision {
  name: 'once' | 'kernel' | 'never';
  label: Phrase;
  /** Filled in with the lifetime as `{time}`. */
  hint: Phrase;
  /** Seconds; 0 where it is not known. */
  lifetime: number;
}

/** A kernel that asks whether it may use a profile. */
export interface Consent {
  kind: 'consent';
  state: 'consent' | 'lost';
  title: Phrase;
  caution: Phrase;
  facts: Fact[];
  options: Option[];
  /** Whether there is a notebook for whose path the answer can be kept. */
  hasNotebook: boolean;
  left: number;
}

/** Read a pending request for permission with so many seconds left. */
export function consent(interaction: InteractionModel, left: number, isLost: boolean): Consent {
  const notebook = notebookName(interaction);
  const profile = clean(interaction.profile);
  return {
    kind: 'consent',
    state: isLost ? 'lost' : 'consent',
    title: title(interaction, notebook, profile),
    caution: phrase(notebook ? 'card.consent.caution' : 'card.consent.cautionKernel'),
    facts: facts(interaction, interaction.username ?? interaction.account),
    options: [once(interaction), untilItStops(notebook !== ''), never()],
    hasNotebook: notebook !== '',
    left: Math.max(0, left)
  };
}

function title(interaction: InteractionModel, notebook: string, profile: string): Phrase {
  const kernel = clean(interaction.requested_by?.kernel_name);
  if (notebook) {
    return phrase('card.consent.title', { notebook, profile });
  }
  return kernel
    ? phrase('card.consent.titleKernel', { kernel, profile })
    : phrase('card.consent.titleNobody', { profile });
}

function once(interaction: InteractionModel): Option {
  const lifetime = Math.max(0, number(interaction.consent?.token_lifetime, 0));
  return {
    name: 'once',
    decision: 'allow',
    remember: 'once',
    label: phrase('card.consent.once'),
    hint: phrase(lifetime ? 'card.consent.onceHint' : 'card.consent.onceOnly'),
    lifetime
  };
}

function untilItStops(hasNotebook: boolean): Option {
  return {
    name: 'kernel',
    decision: 'allow',
    remember: 'kernel',
    label: phrase(hasNotebook ? 'card.consent.notebook' : 'card.consent.kernel'),
    hint: phrase(hasNotebook ? 'card.consent.notebookHint' : 'card.consent.kernelHint'),
    lifetime: 0
  };
}

function never(): Option {
  return {
    name: 'never',
    decision: 'deny',
    remember: 'kernel',
    label: phrase('card.consent.never'),
    hint: phrase('card.consent.neverHint'),
    lifetime: 0
  };
}
