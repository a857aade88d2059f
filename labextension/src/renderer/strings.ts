import type { TranslationBundle } from '@jupyterlab/translation';
import { fill, template, type Strings } from '../interaction';

/** The sentences in the language of the application. Plurals are chosen in English first: each is a text of its own. */
export function translated(bundle: TranslationBundle): Strings {
  return (key, values) => fill(bundle.gettext(template(key, values?.['count'])), values);
}
