// The card of a sign-in that waits. It is built once and then changed in place, piece by piece, so that nothing
// jumps and no control that has the focus is taken away without need.
import type { Card } from './content';
import { copy } from './copy';
import { h, sentence, sentences, setText } from './dom';
import { factRows } from './facts-view';
import { icon } from './icons';
import type { Flow } from './model';
import { PasteView } from './paste-view';
import { qrCode } from './qr';
import { english, type Strings } from './strings';
import { duration } from './words';

/** What the view tells the element that shows it. */
export interface Told {
  opened(): void;
  copied(): void;
  cancelled(): void;
  answered(url: string): void;
  switched(flow: Flow): void;
  say(text: string): void;
}

const COPIED_FOR = 2000; // ms
const STATES = { waiting: 'card.waiting', slow: 'card.slow', lost: 'card.lost' };
const TIPS = { slow: ['clock', 'card.slow.hint'], lost: ['lost', 'card.lost.hint'] } as const;

export class CardView {
  constructor(strings: Strings, stopHint: string, told: Told) {
    this._strings = strings;
    this._told = told;
    this._isHeard = stopHint === '';
    this._cancel.append(h('span', {}, strings('card.cancel')));
    this._cancel.addEventListener('click', () => told.cancelled());
    const title = h('div', {}, this._title, this._caution);
    const pulse = h('span', { class: 'pulse', 'aria-hidden': 'true' });
    const state = h('p', { class: 'state' }, pulse, this._state, this._time);
    this.root.append(
      h('header', { class: 'head' }, icon('key', 'ja-is-accent'), title),
      h('div', { class: 'body split' }, this._facts, this._act),
      this._tip,
      h('div', { class: 'countdown', 'aria-hidden': 'true' }, this._bar),
      h('footer', { class: 'foot' }, state, stopHint ? h('p', { class: 'stop' }, stopHint) : this._cancel)
    );
  }

  readonly root = h('section', {
    class: 'card',
    role: 'group',
    'aria-labelledby': 'title',
    'aria-describedby': 'caution'
  });

  /** Show what is new. */
  update(card: Card): void {
    this.root.dataset['state'] = card.state;
    this._renew('title', [card.title, card.caution], () => {
      this._title.replaceChildren(sentence(this._strings, card.title));
      this._caution.replaceChildren(sentence(this._strings, card.caution));
    });
    this._renew('facts', card.facts, () => {
      this._facts.replaceChildren(...factRows(this._strings, card.facts));
    });
    this._renew('act', [card.byCode, card.code, card.url, card.qr, card.why, card.mustPaste, card.others], () => {
      this._act.replaceChildren(...this._action(card));
    });
    this.tick(card);
  }

  /** The server has not accepted the address that was pasted: say so; the words, to be said aloud. */
  refuseAddress(): string {
    return this._paste?.refuse() ?? '';
  }

  /** Show the time that is left, and what depends on it. */
  tick(card: Card): void {
    const time = duration(card.left, this._strings);
    setText(this._state, stateText(card, this._strings));
    setText(this._time, this._strings(card.byCode ? 'card.waiting.expires' : 'card.waiting.ends', { time }));
    this.root.dataset['state'] = card.state;
    this._renew('tip', card.state, () => {
      const [shape, key] = TIPS[card.state === 'lost' ? 'lost' : 'slow'];
      this._tip.replaceChildren(icon(shape, 'ja-is-soft'), h('p', {}, this._strings(key)));
    });
    this._tip.hidden = card.state === 'waiting';
    this._bar.style.inlineSize = `${(100 * card.share).toFixed(2)}%`;
    this._bar.parentElement?.toggleAttribute('data-low', card.isLow);
  }

  private _renew(part: string, content: unknown, build: () => void): void {
    const signature = JSON.stringify(content);
    if (this._shown.get(part) !== signature) {
      this._shown.set(part, signature);
      build();
    }
  }

  private _action(card: Card): HTMLElement[] {
    const why = card.why.length > 0 ? [h('p', { class: 'note' }, sentences(this._strings, card.why))] : [];
    const others = this._isHeard ? this._others(card) : [];
    return [...why, ...(card.byCode ? this._byCode(card) : this._inBrowser(card)), ...others];
  }

  private _inBrowser(card: Card): HTMLElement[] {
    const link = card.url ? this._link(card) : null;
    const note = h('p', { class: 'note' }, this._strings(card.mustPaste ? 'card.step.paste' : 'card.browser.note'));
    if (!this._isHeard) {
      return [this._steps([['card.step.open', link]]), note]; // what is pasted is typed where the call waits
    }
    this._paste = new PasteView(this._strings, url => this._told.answered(url));
    if (card.mustPaste) {
      const steps: [string, HTMLElement | null][] = [
        ['card.step.open', link],
        ['card.step.paste', this._paste.root]
      ];
      return [this._steps(steps)];
    }
    const summary = h('summary', { class: 'btn quiet', 'data-part': 'paste-open' }, this._strings('card.choose.paste'));
    const hint = h('p', { class: 'note' }, this._strings('card.choose.pasteHint'));
    const paste = h('details', { class: 'qr' }, summary, h('div', { class: 'paste-view' }, hint, this._paste.root));
    return [this._steps([['card.step.open', link]]), note, paste];
  }

  private _others(card: Card): HTMLElement[] {
    return card.others.map(flow => {
      const key = flow === 'device_code' ? 'card.other.code' : 'card.other.browser';
      const button = h('button', { class: 'btn quiet other', type: 'button', 'data-part': 'other' });
      button.append(h('span', {}, this._strings(key)));
      button.addEventListener('click', () => this._told.switched(flow));
      return button;
    });
  }

  private _byCode(card: Card): HTMLElement[] {
    const link = card.url ? this._link(card) : null;
    const code = card.code ? this._code(card) : null;
    const steps = this._steps([
      ['card.step.copy', code],
      ['card.step.enter', link]
    ]);
    return card.qr ? [steps, this._qr(card.qr)] : [steps];
  }

  private _steps(all: [key: string, action: HTMLElement | null][]): HTMLElement {
    const real = all.filter(([, action]) => action);
    const items = real.map(([key, action], index) => {
      const number = h('span', { class: 'no', 'aria-hidden': 'true' }, String(index + 1));
      return h('li', { class: 'step' }, number, h('p', {}, this._strings(key)), action);
    });
    return h('ol', {}, ...items);
  }

  private _code(card: Card): HTMLElement {
    // Screen readers pass over a hyphen between spaces, not over a dash.
    const spelled = Array.from(card.code.replace(/-/g, '–')).join(' ');
    const aloud = h('span', { class: 'unseen', translate: 'no' }, this._strings('a11y.code', { letters: spelled }));
    const code = h('code', { 'aria-hidden': 'true', translate: 'no' }, card.code);
    const refused = h('p', { class: 'small', hidden: '' }, this._strings('card.copyRefused'));
    const button = h('button', { class: 'btn', type: 'button', 'data-part': 'copy' });
    const label = h('span', {}, this._strings('card.copy'));
    button.append(icon('copy'), label);
    button.addEventListener('click', () => void this._copy(card.code, code, button, label, refused));
    const box = h('div', { class: card.isLongCode ? 'code long' : 'code' }, aloud, code, button);
    return h('div', {}, box, refused);
  }

  private async _copy(text: string, code: Node, button: Element, label: Element, refused: HTMLElement): Promise<void> {
    const isDone = await copy(text, code);
    refused.hidden = isDone;
    if (!isDone) {
      this._told.say(refused.textContent ?? '');
      return;
    }
    this._told.copied();
    this._told.say(this._strings('a11y.copied'));
    setText(label, this._strings('card.copied'));
    button.firstElementChild?.replaceWith(icon('check'));
    clearTimeout(this._copiedTimer);
    this._copiedTimer = setTimeout(() => {
      setText(label, this._strings('card.copy'));
      button.firstElementChild?.replaceWith(icon('copy'));
    }, COPIED_FOR);
  }

  private _link(card: Card): HTMLElement {
    const words = h('span', {}, sentence(this._strings, { key: 'card.open', values: { host: card.urlName } }));
    words.append(h('span', { class: 'unseen' }, ` (${this._strings('a11y.newTab')})`));
    const look = card.mustPaste && this._isHeard ? 'btn' : 'btn primary';
    const attributes = { class: look, href: card.url, target: '_blank', 'data-part': 'link' };
    const link = h('a', { ...attributes, rel: 'noopener noreferrer' }, words, icon('open'));
    for (const event of ['click', 'auxclick']) {
      link.addEventListener(event, () => this._told.opened());
    }
    return h('div', { class: 'open' }, link);
  }

  private _qr(address: string): HTMLElement {
    const show = h('span', { class: 'when-closed' }, this._strings('card.qr.show'));
    const hide = h('span', { class: 'when-open' }, this._strings('card.qr.hide'));
    const view = h('div', { class: 'qr-view' }, h('p', { class: 'small' }, this._strings('card.qr.hint')));
    const summary = h('summary', { class: 'btn quiet', 'data-part': 'qr' }, icon('qr'), show, hide);
    const details = h('details', { class: 'qr' }, summary, view);
    details.addEventListener('toggle', () => {
      if (details.open && !view.querySelector('svg')) {
        const drawn = qrCode(address, this._strings('a11y.qr'));
        drawn.then(svg => view.querySelector('svg') ?? view.prepend(svg)).catch(() => details.remove());
      }
    });
    return details;
  }

  private readonly _title = h('p', { class: 'title', id: 'title', tabindex: '-1' });
  private readonly _caution = h('p', { class: 'caution', id: 'caution' });
  private readonly _facts = h('dl', { class: 'facts' });
  private readonly _act = h('div', { class: 'act' });
  private readonly _tip = h('div', { class: 'tip', hidden: '' });
  private readonly _bar = h('span');
  private readonly _state = h('span');
  private readonly _time = h('span', { class: 'time', role: 'timer', 'aria-live': 'off' });
  private readonly _cancel = h('button', { class: 'btn quiet', type: 'button', 'data-part': 'cancel' });
  private readonly _isHeard: boolean; // else nobody hears what is said here
  private _paste: PasteView | null = null;
  private readonly _shown = new Map<string, string>();
  private readonly _strings: Strings;
  private readonly _told: Told;
  private _copiedTimer: ReturnType<typeof setTimeout> | undefined;
}

/** The state in words. */
export function stateText(card: Card, strings: Strings = english): string {
  return strings(STATES[card.state]);
}
