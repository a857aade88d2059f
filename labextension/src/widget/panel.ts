import { Client } from '../model/client';
import { piecer, sayer, type Phrase, type Translate } from '../model/say';
import { byProfile, pendingOf } from '../model/select';
import { INITIAL, type State } from '../model/state';
import { Store } from '../model/store';
import { clean, baseName } from '../model/text';
import { RESOURCES } from '../model/types';
import { WaitingList } from '../model/waiting';
import { Actions } from '../panel/actions';
import { Banner } from '../panel/banner';
import type { Context } from '../panel/context';
import { iconButton, NEEDS_SERVER, setDisabled } from '../panel/controls';
import { arrange, h, setText } from '../panel/dom';
import { Empty } from '../panel/empty';
import { Foot } from '../panel/foot';
import { openMenu } from '../panel/menu';
import { STRINGS } from '../panel/strings';
import { Ticker } from '../panel/ticker';
import { Waiting } from '../panel/waiting';
import { Life, place, watchSight, type WidgetModel } from './host';
import { KernelLine } from './kernel';
import { Others } from './others';
import table from './strings.json';
import { STYLES } from './styles';
import { rowsOf, Table } from './table';

export const WORDS: Record<string, Phrase> = { ...STRINGS, ...table };
/** No host of widgets tells their language; the sentences are translated where one does. */
const english: Translate = (one, plural, count) => (plural === undefined || count === 1 ? one : plural);

/**
 * The panel in a cell: the sign-ins, for one kernel. It asks the kernel by messages, and is told of changes
 * while it can be seen. Without a kernel it is a picture of what was known last, with nothing to click.
 */
export class Panel {
  private readonly life: Life;
  private readonly line: KernelLine;
  private readonly store: Store;
  private readonly actions: Actions;
  private readonly context: Context;
  private readonly root = h('section', 'ja-widget-panel', { role: 'region' });
  private readonly title = h('p', 'ja-title');
  private readonly where = h('p', 'ja-meta');
  private readonly note = h('p', 'ja-static', { role: 'status' });
  private readonly polite = h('div', 'ja-hidden', { role: 'status' });
  private readonly banner: Banner;
  private readonly waiting: Waiting;
  private readonly others: Others;
  private readonly empty: Empty;
  private readonly table: Table;
  private readonly foot: Foot;
  private readonly ticker = new Ticker(() => this.tick());
  private readonly endings: (() => void)[] = [];
  private isSilent = false;
  private pending = 0;

  constructor(
    model: WidgetModel,
    private readonly el: HTMLElement
  ) {
    this.life = new Life(model, el, () => this.lifeChanged());
    this.line = new KernelLine(model, {
      changed: () => this.store.invalidate(...RESOURCES), // at once, or when it can be seen again
      silent: isSilent => this.fallSilent(isSilent)
    });
    this.store = new Store(new Client(this.line.send));
    this.actions = new Actions(this.store, new WaitingList());
    this.context = {
      store: this.store,
      actions: this.actions,
      cardStrings: null,
      decides: false,
      say: sayer(WORDS, english),
      pieces: piecer(WORDS, english),
      now: () => Date.now() / 1000,
      menu: (anchor, label, items) => openMenu(this.root, anchor, label, items)
    };
    this.banner = new Banner(this.context, () => undefined);
    this.waiting = new Waiting(this.context, () => undefined);
    this.others = new Others(this.context, id => this.showCard(id));
    this.empty = new Empty(this.context);
    this.table = new Table(this.context);
    this.foot = new Foot(this.context);
    this.actions.changed = () => this.draw();
    this.actions.shown = id => this.showCard(id);
    this.build();
    this.endings.push(
      this.store.watch(() => this.draw()),
      () => this.life.dispose(),
      watchSight(el, isSeen => this.seen(isSeen))
    );
    this.lifeChanged();
  }

  dispose(): void {
    this.ticker.stop();
    this.endings.forEach(end => end());
    this.store.dispose();
    this.line.dispose();
  }

  private build(): void {
    const { say } = this.context;
    const refresh = iconButton('refresh', say('side.refresh'), () => this.store.refresh());
    const head = h('div', 'ja-panel-head', {}, h('div', '', {}, this.title, this.where), refresh);
    const cards = this.waiting.section.body;
    cards.className = 'ja-cards';
    this.root.append(head, this.banner.node, this.others.node, this.empty.node, this.table.node, this.foot.node, this.note, this.polite);
    place(this.el, STYLES, h('div', 'ja-host', {}, h('div', 'ja ja-widget', {}, cards, this.root)));
    this.draw();
  }

  private get state(): State {
    return this.store.state;
  }

  private seen(isSeen: boolean): void {
    if (!this.life.isThere) {
      return;
    }
    this.waiting.see(isSeen);
    this.line.look(isSeen);
    this.store.setOpen(isSeen);
    this.store.setAwake(isSeen);
    if (isSeen) {
      this.store.invalidate(...RESOURCES); // nobody has told of changes since it was last seen
      this.draw();
    } else {
      this.ticker.stop();
    }
  }

  private fallSilent(isSilent: boolean): void {
    if (isSilent !== this.isSilent) {
      this.isSilent = isSilent;
      this.draw();
    }
  }

  private lifeChanged(): void {
    const lives = this.life.isThere;
    this.root.parentElement?.toggleAttribute('data-static', !lives);
    if (!lives) {
      this.store.setAwake(false);
      this.line.lose();
    }
    this.draw();
  }

  private draw(): void {
    const lives = this.life.isThere;
    const { data, known } = this.state;
    const own = data.kernels[0];
    setText(this.title, this.context.say(own?.notebook || !known.has('kernels') ? 'panel.title' : 'panel.kernel'));
    this.root.setAttribute('aria-label', this.title.textContent ?? '');
    this.drawPlace();
    const hasProfiles = data.profiles.length > 0;
    this.banner.node.hidden = !lives;
    this.banner.update(this.state);
    this.empty.node.hidden = hasProfiles || !lives || this.isSilent;
    this.empty.update(this.state);
    this.table.node.hidden = !hasProfiles;
    this.table.update(rowsOf(byProfile(data), data));
    this.drawRequests();
    this.foot.update(this.state);
    this.heedSilence();
    setText(this.note, !lives ? this.context.say('panel.static') : this.isSilent ? this.context.say('panel.silent') : '');
    this.tell();
    this.ticker.start(this.tick());
  }

  private drawRequests(): void {
    // Without a kernel nothing can wait: no code stays behind.
    const state = this.life.isThere && this.state.connection !== 'lost' ? this.state : INITIAL;
    const interactions = this.others.update(state.data.interactions);
    this.waiting.update({ ...state, data: { ...state.data, interactions } });
    this.waiting.section.body.hidden = !this.waiting.section.body.childNodes.length;
  }

  /** Show the request's card here, for a person who wants it. */
  private showCard(id: string): void {
    this.others.take(id);
    this.drawRequests();
    this.waiting.show(id);
  }

  /** What is pressed while the kernel is busy would be done when nobody expects it any more. */
  private heedSilence(): void {
    const why = this.isSilent ? this.context.say('panel.silent') : null;
    this.root.querySelectorAll(`.${NEEDS_SERVER}`).forEach(control => setDisabled(control, why));
  }

  private drawPlace(): void {
    const own = this.state.data.kernels[0];
    const names = [baseName(clean(own?.notebook ?? '')), clean(own?.kernel_name ?? '')].filter(Boolean);
    arrange(this.where, names.flatMap((name, position) => [...(position ? [' · '] : []), name].map(textNode)));
  }

  private tell(): void {
    const pending = pendingOf(this.state.data.interactions).length;
    if (pending > this.pending) {
      setText(this.polite, this.context.say('a11y.pending', {}, pending));
    }
    this.pending = pending;
  }

  private tick(): number {
    const next = this.table.tick();
    const ends = this.actions.waiting.nextEnd(Date.now());
    if (ends !== null && ends < 1000) {
      setTimeout(() => this.draw(), ends + 1);
    }
    return this.banner.tick(this.state) || ends !== null ? 1000 : next;
  }
}

function textNode(text: string): Node {
  return text === ' · ' ? document.createTextNode(text) : h('bdi', '', {}, text);
}
