import table from './strings.json';

/** Values for the braces of a sentence. `count` also chooses between one and many. */
export type Values = Record<string, string | number>;

/** Gives the sentence of a key in somebody's language. */
export type Strings = (key: string, values?: Values) => string;

/** A sentence whose values are still apart, so that each can be isolated in the page. */
export interface Phrase {
  key: string;
  values: Values;
}

type Entry = string | { one: string; other: string };
const entries = table as Record<string, Entry>;

/** Whether there is a sentence of this name. */
export function known(key: string): boolean {
  return Object.hasOwn(entries, key);
}

/** The English sentence with its braces; `count` chooses between one and many. */
export function template(key: string, count?: string | number): string {
  const entry = known(key) ? entries[key] : undefined;
  if (entry === undefined) {
    return key;
  }
  return typeof entry === 'string' ? entry : entry[Number(count) === 1 ? 'one' : 'other'];
}

/** Put the values into the braces. */
export function fill(pattern: string, values: Values = {}): string {
  return pattern.replace(/\{(\w+)\}/g, (braces, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : braces
  );
}

/** The card's own English. */
export const english: Strings = (key, values) => fill(template(key, values?.['count']), values);

export function phrase(key: string, values: Values = {}): Phrase {
  return { key, values };
}

/** A value that is the whole sentence: a name, a path, what a provider said. */
export function verbatim(value: string): Phrase {
  return { key: '', values: { value } };
}

/** The sentence as plain text. */
export function plain(strings: Strings, { key, values }: Phrase): string {
  return key ? strings(key, values) : String(values['value'] ?? '');
}

/** A part of a sentence; `isName` marks a value among the words. */
export interface Piece {
  text: string;
  isName: boolean;
}

/**
 * The sentence in pieces, so that a page can isolate each value. The translator
 * gets marks of the private use area in place of the values; no cleaned value
 * can contain one.
 */
export function pieces(strings: Strings, { key, values }: Phrase): Piece[] {
  if (!key) {
    return [{ text: String(values['value'] ?? ''), isName: true }];
  }
  const names = Object.keys(values).filter(name => name !== 'count');
  const marks = names.map((_, index) => `\uE000${index}\uE001`);
  const marked = { ...values, ...Object.fromEntries(names.map((name, i) => [name, marks[i] ?? ''])) };
  return strings(key, marked)
    .split(/(\uE000\d+\uE001)/u)
    .filter(Boolean)
    .map(part => {
      const name = names[marks.indexOf(part)];
      return name === undefined ? { text: part, isName: false } : { text: String(values[name]), isName: true };
    });
}
