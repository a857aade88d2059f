// Who asks for what: the rows at the card's side. What stands in them comes from a kernel, a provider or a file name
// somebody chose, and is cleaned here.
import { clean } from './clean';
import type { InteractionModel } from './model';
import { host } from './outcome';
import { phrase, verbatim, type Phrase } from './strings';
import { scopeWords } from './words';

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

/** The facts of a request; `account` is a name that has not been cleaned. */
export function facts(interaction: InteractionModel, account: unknown): Fact[] {
  const asker = interaction.requested_by ?? {};
  const waiting = Math.trunc(number(asker.waiting, 1));
  const title = clean(interaction.title);
  const tenant = clean(interaction.tenant);
  const unverified = phrase('card.fact.unverified'); // a kernel chooses what it is called
  const rows: Fact[] = [
    fact('notebook', clean(asker.notebook), waiting > 1 && phrase('card.fact.more', { count: waiting - 1 })),
    fact('kernel', clean(asker.kernel_name), asker.in_process === true ? phrase('card.fact.kernelNote') : unverified),
    fact('application', title || clean(interaction.client_id), !title && unverified),
    fact('account', clean(account)),
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

/** The notebook's name without its folders; empty where there is none. */
export function notebookName(interaction: InteractionModel): string {
  const path = interaction.requested_by?.notebook;
  return clean(typeof path === 'string' ? path.slice(path.lastIndexOf('/') + 1) : '');
}

/** A number that can be counted with: no text, NaN, infinity or anything past the year 5000. */
export function number(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Math.abs(value) < 1e11 ? value : otherwise;
}
