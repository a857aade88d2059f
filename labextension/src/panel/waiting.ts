import type { Said } from '../model/client';
import { pendingOf } from '../model/select';
import type { State } from '../model/state';
import type { Interaction } from '../model/types';
import type { InteractionCard } from '../interaction';
import { CARD_EVENTS, makeCard, type Told } from './card';
import type { Context } from './context';
import { arrange, h, Keyed, type View } from './dom';
import { Section } from './section';

/** What waits for the person, each as its card. */
export class Waiting {
  readonly section: Section;
  private readonly cards: Keyed<Interaction>;
  private shown: Interaction[] = [];
  private wanted: string | null = null;
  private heeded: ReadonlySet<string> = new Set();
  private since = 0; // ms: what was known before is not shown
  private isCovered = false;

  constructor(
    private readonly context: Context,
    folded: (id: string, isFolded: boolean) => void
  ) {
    this.section = new Section('waiting', context.say('side.section.pending'), folded);
    this.section.body.classList.add('ja-inset');
    const { waiting } = context.actions;
    this.cards = new Keyed<Interaction>(
      ({ id }) => waiting.place(id),
      () => new Card(context, () => this.isCovered)
    );
    CARD_EVENTS.forEach(type =>
      this.section.body.addEventListener(type, event => this.told(event as Told))
    );
  }

  /** Bring the request's card into view and focus it, now or when it is there; null: the first that waits. */
  show(id: string | null): void {
    this.wanted = id ?? pendingOf(this.shown)[0]?.id ?? '';
    this.section.node.open = true;
    this.reveal();
  }

  /**
   * Whether a person can see the page. While nobody can, nothing is read, and so it holds no code, since that may
   * outlive its request; once somebody can, it shows one again with the next answer.
   */
  see(isSeen: boolean): void {
    this.since = isSeen ? Date.now() : Infinity;
    this.cover(this.isCovered || !isSeen);
  }

  update(state: State): void {
    const { waiting } = this.context.actions;
    this.cover(state.knownAt < this.since);
    this.shown = waiting.shown(state.data.interactions, Date.now());
    arrange(this.section.body, this.cards.update(this.shown));
    const pending = pendingOf(this.shown).map(({ id }) => id);
    this.section.node.open ||= pending.some(id => !this.heeded.has(id)); // folded away were those before
    this.heeded = new Set(pending);
    this.section.setCount(pending.length, pending.length > 0);
    this.section.setShown(this.shown.length > 0);
    this.reveal();
  }

  private cover(isCovered: boolean): void {
    if (isCovered !== this.isCovered) {
      const { body } = this.section;
      body.style.minBlockSize = isCovered ? `${body.offsetHeight}px` : ''; // nothing below it moves
      this.isCovered = isCovered;
      this.cards.update(this.shown);
    }
  }

  private reveal(): void {
    const at = this.shown.findIndex(({ id }) => id === this.wanted || this.wanted === '');
    const card = this.section.body.children[at] as HTMLElement | undefined;
    if (this.wanted === null || !card) {
      return;
    }
    this.wanted = null;
    card.scrollIntoView({ block: 'nearest' });
    card.focus();
  }

  private told(event: Told): void {
    event.stopPropagation();
    const { actions } = this.context;
    const interaction = this.shown.find(({ id }) => id === event.detail.id);
    if (!interaction) {
      return;
    }
    if (event.type === 'ja-cancel') {
      void actions.cancel(interaction.id);
    } else if (event.type === 'ja-retry') {
      void actions.retry(interaction);
    } else if (event.type === 'ja-answer' || event.type === 'ja-switch' || event.type === 'ja-decide') {
      const card = event.target as InteractionCard;
      const told = actions.tell(interaction.id, saidBy(event.detail));
      void told.then(isRight => isRight || card.refuseAddress());
    } else {
      actions.dismiss(interaction.id);
    }
  }
}

function saidBy({ url = '', flow = '', decision, remember }: Told['detail']): Said {
  if (decision && remember) {
    return { decision, remember };
  }
  return url ? { url } : { flow };
}

class Card implements View<Interaction> {
  readonly node: HTMLElement;
  private readonly card: InteractionCard;
  private last: Interaction | null = null;
  private hadFocus = false;

  constructor(
    private readonly context: Context,
    private readonly isCovered: () => boolean
  ) {
    this.card = makeCard(context.cardStrings, context.store);
    this.card.elsewhere = !context.decides;
    this.node = h('div', 'ja-card-place', { tabindex: '-1' }, this.card);
  }

  update(interaction: Interaction): void {
    const next = this.isCovered() ? null : interaction;
    this.card.lost = this.context.store.state.connection === 'lost';
    if (next === this.last) {
      return;
    }
    this.hadFocus = next ? this.hadFocus : Boolean(this.card.shadowRoot?.activeElement);
    this.last = next;
    this.card.interaction = next;
    if (this.hadFocus && next) {
      this.hadFocus = false;
      this.giveBackFocus();
    }
  }

  /** To the card, unless something else has taken it meanwhile. */
  private giveBackFocus(): void {
    if (document.activeElement === document.body) {
      this.card.focus({ preventScroll: true });
    }
  }
}
