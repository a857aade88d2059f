import { Widget } from '@lumino/widgets';

import { pendingOf } from '../model/select';
import { piecer, sayer, type Translate } from '../model/say';
import type { State } from '../model/state';
import type { Store } from '../model/store';
import { WaitingList } from '../model/waiting';
import { Accounts } from './accounts';
import { Actions } from './actions';
import { Banner } from './banner';
import type { Strings } from '../interaction';
import type { Context } from './context';
import { iconButton, NEEDS_SERVER, setDisabled } from './controls';
import { h, setText } from './dom';
import { Empty } from './empty';
import { Foot } from './foot';
import { keyIcon } from './key';
import { openMenu } from './menu';
import { Notebooks } from './notebooks';
import type { Section } from './section';
import { STRINGS } from './strings';
import { Ticker } from './ticker';
import { Tokens } from './tokens';
import { Waiting } from './waiting';

export interface PanelOptions {
  store: Store;
  translate: Translate;
  /** What the prompt card's sentences are in the person's language. */
  cardStrings?: Strings;
  /** Open the extension's settings; null where the application has no such page. */
  openSettings: (() => void) | null;
  logIn(): void;
  folded(sections: string[]): void;
}

/** The panel "Sign-ins" in a side area. It costs nothing while it is not to be seen. */
export class SignInsPanel extends Widget {
  readonly actions: Actions;
  private readonly context: Context;
  private readonly root: HTMLElement;
  private readonly scroller = h('div', 'ja-scroll');
  private readonly polite = h('div', 'ja-hidden', { role: 'status' });
  private readonly urgent = h('div', 'ja-hidden', { role: 'alert' });
  private readonly banner: Banner;
  private readonly empty: Empty;
  private readonly waiting: Waiting;
  private readonly accounts: Accounts;
  private readonly tokens: Tokens;
  private readonly notebooks: Notebooks;
  private readonly foot: Foot;
  private readonly ticker: Ticker;
  private readonly sections: Section[];
  private readonly unwatch: () => void;
  private pending = 0;

  constructor(private readonly options: PanelOptions) {
    super();
    const { store, translate } = options;
    this.actions = new Actions(store, new WaitingList());
    this.root = h('div', 'ja ja-side', { role: 'region', tabindex: '-1' });
    this.context = {
      store,
      actions: this.actions,
      cardStrings: options.cardStrings ?? null,
      decides: true,
      say: sayer(STRINGS, translate),
      pieces: piecer(STRINGS, translate),
      now: () => store.now() / 1000,
      menu: (anchor, label, items) => openMenu(this.root, anchor, label, items)
    };
    const drawn = (): void => this.heedConnection();
    const folded = (): void => this.foldedChanged();
    this.banner = new Banner(this.context, options.logIn);
    this.empty = new Empty(this.context);
    this.waiting = new Waiting(this.context, folded);
    this.accounts = new Accounts(this.context, this.scroller, drawn, folded);
    this.tokens = new Tokens(this.context, this.scroller, drawn, folded);
    this.notebooks = new Notebooks(this.context, this.scroller, drawn, folded);
    this.foot = new Foot(this.context);
    this.sections = [this.waiting, this.accounts, this.tokens, this.notebooks].map(part => part.section);
    this.ticker = new Ticker(() => this.tick());
    this.actions.changed = () => this.draw();
    this.actions.shown = id => this.waiting.show(id);
    this.actions.said = text => setText(this.polite, text);
    this.unwatch = store.watch(() => this.draw());
    document.addEventListener('visibilitychange', this.sight);
    this.build();
  }

  /** Bring the request's card, or the first that waits, into view and focus it. */
  showRequest(id: string | null): void {
    this.waiting.show(id);
  }

  /** Have the keyboard go on here, for those who asked for the panel. */
  focus(): void {
    if (!this.node.contains(document.activeElement)) {
      this.root.focus({ preventScroll: true });
    }
  }

  /** Ask whether the cache is to be cleared. */
  askToClear(): void {
    this.foot.confirm();
  }

  /** Fold these sections, and unfold the others. What waits is folded by hand alone, until something new does. */
  fold(sections: readonly string[]): void {
    this.foldable.forEach(({ id, node }) => (node.open = !sections.includes(id)));
  }

  override dispose(): void {
    this.unwatch();
    document.removeEventListener('visibilitychange', this.sight);
    this.ticker.stop();
    super.dispose();
  }

  protected override onAfterShow(): void {
    this.options.store.setOpen(true);
    this.draw();
  }

  protected override onAfterAttach(): void {
    if (this.isVisible) {
      this.onAfterShow();
    }
  }

  protected override onBeforeHide(): void {
    this.options.store.setOpen(false);
    this.ticker.stop();
  }

  protected override onBeforeDetach(): void {
    this.onBeforeHide();
  }

  private build(): void {
    const { say, store } = this.context;
    this.id = 'jupyter-token-broker-panel';
    this.addClass('ja-host');
    this.title.caption = say('side.title');
    this.title.icon = keyIcon;
    this.root.setAttribute('aria-label', say('side.title'));
    const bar = h('div', 'ja-bar', {}, h('span', '', {}, say('side.title')));
    bar.append(iconButton('refresh', say('side.refresh'), () => store.refresh()));
    if (this.options.openSettings) {
      bar.append(iconButton('gear', say('side.settings'), this.options.openSettings));
    }
    this.scroller.append(this.empty.node, ...this.sections.map(section => section.node));
    this.root.append(bar, this.banner.node, this.scroller, this.foot.node, this.polite, this.urgent);
    this.node.append(this.root);
  }

  /** While the page is hidden nothing is read. */
  private readonly sight = (): void => {
    this.waiting.see(!document.hidden);
    if (!document.hidden && this.waiting.section.body.hasChildNodes()) {
      this.options.store.invalidate('interactions');
    }
  };

  private draw(): void {
    const { state } = this.options.store;
    if (!this.isVisible) {
      this.drop(state);
      return;
    }
    const hadFocus = this.scroller.contains(document.activeElement);
    const told = this.banner.update(state);
    this.empty.update(state);
    this.waiting.update(state);
    this.accounts.update(state);
    this.tokens.update(state);
    this.notebooks.update(state);
    this.foot.update(state);
    this.heedConnection();
    this.tell(state, told);
    if (hadFocus && !this.root.contains(document.activeElement)) {
      // what had the focus has gone
      this.sections.find(section => !section.node.hidden)?.focus();
    }
    this.ticker.start(this.tick());
  }

  /** Closed, it draws nothing; but in the page no code outlives its request, and nothing the login. */
  private drop(state: State): void {
    if (state.connection === 'login-ended') {
      [this.waiting, this.accounts, this.tokens, this.notebooks].forEach(part => part.update(state));
    } else if (this.waiting.section.body.hasChildNodes()) {
      this.waiting.update(state);
    }
  }

  private tell(state: State, told: string | null): void {
    if (told !== null) {
      const isUrgent = state.connection === 'login-ended' || state.data.status?.store.locked;
      setText(this.urgent, isUrgent ? told : '');
      setText(this.polite, isUrgent ? '' : told);
    }
    const pending = pendingOf(state.data.interactions).length;
    if (pending > this.pending) {
      setText(this.polite, this.context.say('a11y.pending', {}, pending));
    }
    this.pending = pending;
  }

  /** What needs the server says that it cannot be done, while it cannot. */
  private heedConnection(): void {
    const isLost = this.options.store.state.connection === 'lost';
    const why = isLost ? this.context.say('net.offline') : null;
    this.root.querySelectorAll(`.${NEEDS_SERVER}`).forEach(control => setDisabled(control, why));
  }

  /** Let what is shown go on with the time; gives back when to do that next. */
  private tick(): number {
    const next = this.tokens.tick();
    this.notebooks.tick();
    const counts = this.banner.tick(this.options.store.state);
    const ends = this.actions.waiting.nextEnd(Date.now());
    if (ends !== null && ends < 1000) {
      setTimeout(() => this.draw(), ends + 1);
    }
    return counts || ends !== null ? 1000 : next;
  }

  /** The sections whose folding is kept. */
  private get foldable(): Section[] {
    return this.sections.filter(section => section !== this.waiting.section);
  }

  private foldedChanged(): void {
    this.options.folded(this.foldable.filter(({ node }) => !node.open).map(({ id }) => id));
  }
}
