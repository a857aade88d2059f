import { pendingOf } from '../model/select';
import { clean } from '../model/text';
import type { Interaction } from '../model/types';
import type { Context } from '../panel/context';
import { button } from '../panel/controls';
import { arrange, h, Keyed, sentence, type View } from '../panel/dom';

/**
 * What waits for this kernel and was not begun in this panel. Its card stands below the cell that asks, which a
 * second one above would push away: here it is one line, until somebody wants the card here, too.
 */
export class Others {
  readonly node = h('div', 'ja-others');
  private readonly own = new Set<string>();
  private readonly lines: Keyed<Interaction>;

  constructor(context: Context, show: (id: string) => void) {
    this.lines = new Keyed<Interaction>(
      ({ id }) => id,
      () => new Line(context, show)
    );
  }

  /** From here on, this request's card is shown in the panel. */
  take(id: string): void {
    this.own.add(id);
  }

  /** Show a line for each of the others that waits; gives back those whose cards are to be shown. */
  update(interactions: readonly Interaction[]): Interaction[] {
    const others = pendingOf(interactions).filter(({ id }) => !this.own.has(id));
    arrange(this.node, this.lines.update(others));
    this.node.hidden = !others.length;
    return interactions.filter(({ id }) => this.own.has(id));
  }
}

class Line implements View<Interaction> {
  readonly node = h('div', 'ja-other');
  private last = '';

  constructor(
    private readonly context: Context,
    private readonly show: (id: string) => void
  ) {}

  update({ id, profile, flow }: Interaction): void {
    if (id + profile !== this.last) {
      this.last = id + profile;
      const { say, pieces } = this.context;
      const key = flow === 'consent' ? 'panel.asks' : 'panel.waits';
      const words = h('span', '', {}, sentence(pieces(key, { profile: clean(profile) })));
      const show = button(say('panel.showHere'), () => this.show(id), { classes: 'ja-btn-quiet' });
      this.node.replaceChildren(words, show);
    }
  }
}
