import { ended, type InteractionCard, type InteractionModel } from '../interaction';
import { makeCard } from '../panel/card';
import { Life, place, type WidgetModel } from './host';
import table from './strings.json';
import { STYLES } from './styles';

/** The request of a cell that waits, as the kernel told it last: in this page's memory, and nowhere else. */
export class CardDesk {
  private interaction: InteractionModel | null = null;
  private readonly views = new Set<() => void>();

  constructor(model: WidgetModel) {
    model.on('msg:custom', content => this.hear(content));
  }

  /** Show it in `el`; gives back what ends that. */
  show(model: WidgetModel, el: HTMLElement): () => void {
    const card = makeCard(null, Date);
    // While the cell runs, the kernel hears nothing that a page says: there is no Cancel that would work.
    card.stopHint = table['card.stop'];
    card.elsewhere = true;
    place(el, STYLES, card);
    const life = new Life(model, el, () => draw());
    const draw = (): void => update(card, this.interaction, life.isThere);
    this.views.add(draw);
    draw();
    if (!this.interaction && life.isThere) {
      model.send({ kind: 'show' });
    }
    return () => {
      this.views.delete(draw);
      life.dispose();
    };
  }

  private hear(content: unknown): void {
    const told = (content as { kind?: unknown; interaction?: unknown } | null) ?? {};
    if (told.kind === 'interaction' && typeof told.interaction === 'object') {
      this.interaction = told.interaction as InteractionModel | null;
      this.views.forEach(draw => draw());
    }
  }
}

function update(card: InteractionCard, interaction: InteractionModel | null, lives: boolean): void {
  const isOver = !lives || (interaction !== null && interaction.state !== 'pending');
  card.settled = isOver;
  card.interaction = lives ? interaction : ended({ state: 'unknown', reason: 'gone' });
}
