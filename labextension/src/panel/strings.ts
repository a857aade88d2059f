import type { Phrase, Translate } from '../model/say';
import table from './strings.json';

/** Every sentence of the panel, in English, by its key. */
export const STRINGS: Record<string, Phrase> = table;

/** The domain under which translators find them. */
export const DOMAIN = 'jupyter_token_broker';

/** The part of a language pack that is used. */
export interface Bundle {
  gettext(message: string): string;
  ngettext(message: string, plural: string, count: number): string;
}

export function translateBy(bundle: Bundle): Translate {
  return (english, plural, count) =>
    plural === undefined ? bundle.gettext(english) : bundle.ngettext(english, plural, count ?? 0);
}
