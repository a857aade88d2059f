import { CardView, stateText } from './card-view';
import type { Consent, Decision } from './consent';
import { ConsentView, consentText } from './consent-view';
import { read, type Card, type Content } from './content';
import { Countdown } from './countdown';
import { h, setText } from './dom';
import type { InteractionModel } from './model';
import type { Remedy } from './outcome';
import { outcomeText, outcomeView } from './outcome-view';
import { english, type Strings } from './strings';
import { STYLE } from './style';
import { duration } from './words';

/**
 * The element's events; each bubbles out of shadow roots and has `{ id }` as its
 * detail, `ja-answer` also the pasted `url`, `ja-switch` the `flow` to go on with,
 * `ja-decide` the `decision` and what to `remember` of it.
 */
export type CardEvent =
  'ja-cancel' | 'ja-retry' | 'ja-dismiss' | 'ja-opened' | 'ja-copied' | 'ja-answer' | 'ja-switch' | 'ja-decide';

const MARKS = [300, 60]; // seconds left at which the time is said aloud
const SAID_FOR = 4000; // ms; then nobody comes across it a second time
const EVENTS: Record<Remedy, CardEvent> = {
  renew: 'ja-retry',
  retry: 'ja-retry',
  cancel: 'ja-cancel',
  dismiss: 'ja-dismiss'
};

/**
 * The prompt card, `<jupyter-auth-card>`: who asks for what, the next step, and
 * how it ended. It shows what it is given and tells by events what a person
 * wants; it asks no server, opens no page and takes no focus by itself.
 *
 * It lives in a shadow root: there, neither a host's style nor one that a
 * notebook prints can change or hide what it says, `--jp-*` variables (so
 * themes) still reach in, and axe and screen readers see through an open root.
 */
export class InteractionCard extends HTMLElement {
  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    root.append(h('style', {}, STYLE), h('div', { class: 'ja' }, this._stage, this._status));
  }

  /** What to show; the object is read anew each time one is given. */
  get interaction(): InteractionModel | null {
    return this._interaction;
  }
  set interaction(value: InteractionModel | null) {
    if (value && value.id !== this._openedFor) {
      this._openedFor = value.id;
      this._openedOn = null;
    }
    this._interaction = value;
    this._update();
  }

  /** Gives the sentences; English unless somebody sets another. */
  get strings(): Strings {
    return this._strings;
  }
  set strings(value: Strings) {
    this._strings = value;
    this._view = null;
    this._signature = '';
    this._update();
  }

  /** True for a request that is history: however it ended is one line without buttons. */
  get settled(): boolean {
    return this._isSettled;
  }
  set settled(value: boolean) {
    this._isSettled = value;
    this._update();
  }

  /** True while the server cannot be reached: what is shown is what was known last. */
  get lost(): boolean {
    return this._isLost;
  }
  set lost(value: boolean) {
    if (value !== this._isLost) {
      this._isLost = value;
      this._update();
    }
  }

  /** How to stop, where Cancel would reach nobody: it stands in the place of that button. */
  get stopHint(): string {
    return this._stopHint;
  }
  set stopHint(value: string) {
    this._stopHint = value;
    this._view = null;
    this._update();
  }

  /** True where no answer to a kernel's question counts, since the kernel itself could give it: the card says where one does. */
  get elsewhere(): boolean {
    return this._isElsewhere;
  }
  set elsewhere(value: boolean) {
    this._isElsewhere = value;
    this._view = null;
    this._update();
  }

  /** The time in ms. */
  now: () => number = () => Date.now();

  connectedCallback(): void {
    this._update();
  }

  disconnectedCallback(): void {
    this._countdown.stop();
    clearTimeout(this._sayTimer);
  }

  /** Puts the focus on the card's title, for those who asked to be led to it. */
  override focus(options?: FocusOptions): void {
    this._find('#title, [data-part=line]')?.focus(options);
  }

  /** The server has not accepted the pasted address: the card says so and lets the person try again. */
  refuseAddress(): void {
    this._say(this._view instanceof CardView ? this._view.refuseAddress() : '');
  }

  private _update(): void {
    if (!this.isConnected) {
      return;
    }
    if (!this._interaction) {
      this._countdown.stop();
      this._stage.replaceChildren();
      this._view = null;
      this._content = null;
      return;
    }
    const focused = this.shadowRoot?.activeElement as HTMLElement | null | undefined;
    const part = focused?.dataset['part'];
    const before = this._content;
    const now = this.now() / 1000;
    const content = read(this._interaction, { now, openedOn: this._openedOn, isLost: this._isLost });
    this._content = content;
    this._show(content);
    this._announce(before, content);
    if (focused && !focused.isConnected) {
      this._keepFocus(part);
    }
  }

  private _show(content: Content): void {
    // A key pressed on a control of the card is meant for it, not a shortcut of the notebook around.
    const hasControls = content.kind !== 'outcome' || (content.remedies.length > 0 && !this._isSettled);
    this.toggleAttribute('data-lm-suppress-shortcuts', hasControls);
    if (content.kind !== 'outcome') {
      const view = content.kind === 'card' ? this._cardView(content) : this._consentView(content);
      if (view.root.parentNode !== this._stage) {
        this._stage.replaceChildren(view.root);
        this._signature = '';
      }
      this._countdown.start();
      return;
    }
    this._countdown.stop();
    this._view = null;
    const signature = JSON.stringify([content, this._isSettled]);
    if (signature !== this._signature) {
      this._signature = signature;
      const act = (remedy: Remedy): void => this._tell(EVENTS[remedy]);
      this._stage.replaceChildren(outcomeView(content, this._strings, this._isSettled, act));
    }
  }

  private _cardView(card: Card): CardView {
    const view = this._view instanceof CardView ? this._view : this._newCardView();
    this._view = view;
    view.update(card);
    return view;
  }

  private _consentView(consent: Consent): ConsentView {
    const place = { stopHint: this._stopHint, isElsewhere: this._isElsewhere };
    const told = {
      decided: (decision: Decision) => this._tell('ja-decide', { ...decision }),
      cancelled: () => this._tell('ja-cancel')
    };
    const view = this._view instanceof ConsentView ? this._view : new ConsentView(this._strings, place, told);
    this._view = view;
    view.update(consent);
    return view;
  }

  private _newCardView(): CardView {
    return new CardView(this._strings, this._stopHint, {
      opened: () => {
        this._openedOn ??= this.now() / 1000;
        this._tell('ja-opened');
      },
      copied: () => this._tell('ja-copied'),
      cancelled: () => this._tell('ja-cancel'),
      answered: url => this._tell('ja-answer', { url }),
      switched: flow => this._tell('ja-switch', { flow }),
      say: text => this._say(text)
    });
  }

  /** Say aloud what has changed. Alerts speak for themselves. */
  private _announce(before: Content | null, content: Content): void {
    if (content.kind === 'outcome') {
      const isNew = before?.kind !== 'outcome' || before.state !== content.state;
      if (isNew && (content.tone !== 'bad' || this._isSettled)) {
        this._say(outcomeText(content, this._strings));
      }
    } else if (before?.kind === content.kind && codeOf(before) === codeOf(content)) {
      this._announceTime(before, content);
    } else {
      const isNewCode = before !== null && content.kind === 'card';
      this._say(isNewCode ? this._strings('a11y.newCode') : this._stateText(content));
    }
  }

  private _announceTime(before: Card | Consent, content: Card | Consent): void {
    if (MARKS.some(mark => content.left <= mark && before.left > mark)) {
      const key = content.kind === 'card' && content.byCode ? 'a11y.expiresSoon' : 'card.waiting.ends';
      this._say(this._strings(key, { time: duration(content.left, this._strings) }));
    } else if (before.state !== content.state) {
      this._say(this._stateText(content));
    }
  }

  private _stateText(content: Card | Consent): string {
    return content.kind === 'card' ? stateText(content, this._strings) : consentText(content, this._strings);
  }

  private _say(text: string): void {
    clearTimeout(this._sayTimer);
    // The region must be there before its text changes.
    this._sayTimer = setTimeout(() => {
      setText(this._status, text);
      this._sayTimer = setTimeout(() => setText(this._status, ''), SAID_FOR);
    }, 50);
  }

  /** The control that had the focus has gone: to its like, else to the first that can be used, else to the card. */
  private _keepFocus(part: string | undefined): void {
    const like = part ? this._find(`[data-part=${part}]`) : null;
    // No answer to a question is proposed by the focus.
    const first = this._content?.kind === 'consent' ? null : this._find('button, a, summary');
    (like ?? first ?? this._find('[tabindex]'))?.focus({ preventScroll: true });
  }

  private _find(selector: string): HTMLElement | null {
    return this._stage.querySelector<HTMLElement>(selector);
  }

  private _tell(type: CardEvent, more: Record<string, string> = {}): void {
    const detail = { id: this._interaction?.id ?? '', ...more };
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  private readonly _stage = h('div');
  private readonly _status = h('span', { class: 'unseen', role: 'status' });
  private readonly _countdown = new Countdown(
    () => (this._interaction?.expires_on ?? 0) - this.now() / 1000,
    () => this._update()
  );
  private _interaction: InteractionModel | null = null;
  private _strings: Strings = english;
  private _stopHint = '';
  private _isSettled = false;
  private _isLost = false;
  private _isElsewhere = false;
  private _content: Content | null = null;
  private _view: CardView | ConsentView | null = null;
  private _signature = '';
  private _openedOn: number | null = null;
  private _openedFor = '';
  private _sayTimer: ReturnType<typeof setTimeout> | undefined;
}

/** Empty for a request that has none. */
function codeOf(content: Card | Consent): string {
  return content.kind === 'card' ? content.code : '';
}
