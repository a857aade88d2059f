// The field for the address that a person ends up on, where the sign-in page cannot come back by itself.
import { h, setText } from './dom';
import type { Strings } from './strings';

export class PasteView {
  constructor(strings: Strings, answered: (url: string) => void) {
    this._strings = strings;
    this._field.placeholder = strings('card.paste.placeholder');
    const name = h('span', { class: 'note' }, strings('card.paste.label'));
    const button = h('button', { class: 'btn primary', type: 'submit', 'data-part': 'paste-send' });
    button.append(h('span', {}, strings('card.paste.submit')));
    this.root.append(h('label', {}, name, this._field), this._wrong, button);
    // Notebooks take the browser's own meaning from the Enter key.
    this._field.addEventListener('keydown', event => {
      if (event.key === 'Enter' && !event.isComposing) {
        event.preventDefault();
        this.root.requestSubmit();
      }
    });
    this.root.addEventListener('submit', event => {
      event.preventDefault();
      const url = this._field.value.trim();
      this._field.value = ''; // it holds a code
      this._show('');
      if (url) {
        answered(url);
      } else {
        this._field.focus();
      }
    });
  }

  readonly root = h('form', { class: 'paste', novalidate: '' });

  /** The server has not accepted the address. */
  refuse(): string {
    const words = this._strings('card.paste.wrong');
    this._show(words);
    this._field.focus();
    return words;
  }

  private _show(words: string): void {
    setText(this._wrong, words);
    this._wrong.hidden = words === '';
    this._field.setAttribute('aria-invalid', String(words !== ''));
  }

  private readonly _strings: Strings;
  private readonly _wrong = h('p', { class: 'small', hidden: '', id: 'paste-wrong' });
  private readonly _field = h('input', {
    class: 'field',
    type: 'text',
    inputmode: 'url',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    dir: 'ltr',
    'aria-describedby': 'paste-wrong',
    'data-part': 'paste'
  });
}
