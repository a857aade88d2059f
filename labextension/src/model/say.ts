/** A sentence, or two of which the number chooses. */
export type Phrase = string | { one: string; other: string };

/** Translates English text; with a plural and a number, the form that the number asks for. */
export type Translate = (english: string, plural?: string, count?: number) => string;

export type Values = Record<string, string | number>;

/** The sentence of that key in the person's language, filled in. */
export type Say = (key: string, values?: Values, count?: number) => string;

/** The pieces of a sentence: text, and the names of what is filled in. */
export type Piece = string | { name: string; value: string };

/** Says the phrases of `table`; a key that is not there stands for itself. */
export function sayer(table: Record<string, Phrase>, translate: Translate): Say {
  return (key, values = {}, count) => fill(template(table, translate, key, count), given(values, count));
}

/** The sentence in pieces, so that a page can set each value apart. */
export type Pieces = (key: string, values?: Values, count?: number) => Piece[];

export function piecer(table: Record<string, Phrase>, translate: Translate): Pieces {
  return (key, values = {}, count) => {
    const all = given(values, count);
    const parts = template(table, translate, key, count).split(/(\{\w+\})/);
    return parts.filter(Boolean).map(part => {
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      return name !== undefined && name in all ? { name, value: String(all[name]) } : part;
    });
  };
}

function given(values: Values, count: number | undefined): Values {
  return count === undefined ? values : { count, ...values };
}

function template(
  table: Record<string, Phrase>,
  translate: Translate,
  key: string,
  count: number | undefined
): string {
  const phrase = table[key] ?? key;
  return typeof phrase === 'string' ? translate(phrase) : translate(phrase.one, phrase.other, count ?? 0);
}

function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}
