import type { ITranslator } from '@jupyterlab/translation';

import { fill, template, type Strings } from '../interaction';
import { DOMAIN } from '../panel/strings';

/** The card's sentences in the language of the application. Plurals are chosen in English first: each is a text of its own. */
export function cardStrings(translator: ITranslator): Strings {
  const bundle = translator.load(DOMAIN);
  return (key, values) => fill(bundle.gettext(template(key, values?.['count'])), values);
}
