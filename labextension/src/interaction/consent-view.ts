// The card of a kernel that has to be allowed the use of a profile. Like the card of a sign-in it is changed in
// place; no answer is chosen beforehand, and none is taken at the moment at which the question appears.
import type { Consent, Decision, Option } from './consent';
import { h, sentence, setText } from './dom';
import { factRows } from './facts-view';
import { icon } from './icons';
import { pieces, type Strings } from './strings';
import { duration } from './words';

/** What the view tells the element that shows it. */
export interface Told {
  decided(decision: Decision): void;
  cancelled(): void;
}

/** Where the view stands: how to stop, if not by Cancel, and whether an answer from here counts. */
export interface Place {
  stopHint: string;
  isElsewhere: boolean;
}

/** Where a person answers who has no front end of ours. */
const COMMAND = 'jupyter auth grants';
/** ms in which a click was meant for what stood there before. */
const TOO_SOON = 500;
const WORDS = { consent: 'card.consent.waiting', lost: 'card.lost' };

export class ConsentView {
  constructor(strings: Strings, place: Place, told: Told) {
    this._strings = strings;
    this._isElsewhere = place.isElsewhere;
    this._told = told;
    this._cancel.append(h('span', {}, strings('card.cancel')));
    this._cancel.addEventListener('click', () => told.cancelled());
    const pulse = h('span', { class: 'pulse', 'aria-hidden': 'true' });
    const stop = place.stopHint ? h('p', { class: 'stop' }, place.stopHint) : this._cancel;
    this.root.append(
      h('header', { class: 'head' }, icon('shield', 'ja-is-warn'), h('div', {}, this._title, this._caution)),
      h('div', { class: 'body split' }, this._facts, this._act),
      h('div', { class: 'tip', hidden: '' }, icon('lost', 'ja-is-soft'), h('p', {}, strings('card.lost.hint'))),
      h('footer', { class: 'foot' }, h('p', { class: 'state' }, pulse, this._state), stop)
    );
  }

  readonly root = h('section', {
    class: 'card',
    role: 'group',
    'aria-labelledby': 'title',
    'aria-describedby': 'caution'
  });

  /** Show what is new. */
  update(consent: Consent): void {
    const { title, caution, facts, options, hasNotebook } = consent;
    const signature = JSON.stringify([title, caution, facts, options, hasNotebook]);
    if (signature !== this._signature) {
      this._signature = signature;
      this._shownAt = performance.now();
      this._title.replaceChildren(sentence(this._strings, title));
      this._caution.replaceChildren(sentence(this._strings, caution));
      this._facts.replaceChildren(...factRows(this._strings, facts));
      this._act.replaceChildren(this._isElsewhere ? this._elsewhere() : this._options(consent));
    }
    const isLost = consent.state === 'lost';
    this.root.dataset['state'] = consent.state;
    setText(this._state, consentText(consent, this._strings));
    (this.root.querySelector('.tip') as HTMLElement).hidden = !isLost;
    this._act.querySelectorAll('button').forEach(button => button.setAttribute('aria-disabled', String(isLost)));
  }

  private _elsewhere(): HTMLElement {
    const words = { key: 'card.consent.elsewhere', values: { command: COMMAND } };
    const parts = pieces(this._strings, words).map(({ text, isName }) =>
      isName ? h('code', { class: 'command', translate: 'no' }, text) : text
    );
    return h('p', {}, ...parts);
  }

  private _options({ options, hasNotebook }: Consent): HTMLElement {
    const items = options.map((option, index) => {
      const button = this._option(option);
      button.toggleAttribute('data-first', index === 0);
      const more = option.name === 'kernel' && hasNotebook ? this._also() : null;
      return h('li', {}, button, more);
    });
    return h('ul', { class: 'options' }, ...items);
  }

  private _option(option: Option): HTMLElement {
    const { label, hint, lifetime, name, decision, remember } = option;
    const time = duration(lifetime, this._strings);
    const words = h('strong', {}, sentence(this._strings, label));
    const button = h('button', { class: 'option', type: 'button', 'data-part': name }, words);
    button.append(h('small', {}, this._strings(hint.key, { time })));
    button.addEventListener('click', () => {
      if (button.getAttribute('aria-disabled') !== 'true' && performance.now() - this._shownAt >= TOO_SOON) {
        const isKept = name === 'kernel' && this._kept.checked;
        this._told.decided({ decision, remember: isKept ? 'notebook' : remember });
      }
    });
    return button;
  }

  private _also(): HTMLElement {
    return h('label', { class: 'also' }, this._kept, h('span', {}, this._strings('card.consent.also')));
  }

  private readonly _title = h('p', { class: 'title', id: 'title', tabindex: '-1' });
  private readonly _caution = h('p', { class: 'caution', id: 'caution' });
  private readonly _facts = h('dl', { class: 'facts' });
  private readonly _act = h('div', { class: 'act' });
  private readonly _kept = h('input', { type: 'checkbox', 'data-part': 'kept' });
  private readonly _state = h('span');
  private readonly _cancel = h('button', { class: 'btn quiet', type: 'button', 'data-part': 'cancel' });
  private readonly _strings: Strings;
  private readonly _isElsewhere: boolean;
  private readonly _told: Told;
  private _signature = '';
  private _shownAt = 0;
}

/** The state in words. */
export function consentText({ state }: Consent, strings: Strings): string {
  return strings(WORDS[state]);
}
