/**
 * The widgets of jupyter_auth, for anywidget: the panel of `%auth`, and the card of a cell that waits where
 * none of our other front ends is. One file for every host of widgets; it needs nothing else of ours there.
 */
import { CardDesk } from './card';
import type { WidgetModel } from './host';
import { Panel } from './panel';

interface Given {
  model: WidgetModel;
}

interface GivenView extends Given {
  el: HTMLElement;
}

/** One for each widget, so that what it was told stays with it. */
export default function widget(): {
  initialize(given: Given): void;
  render(given: GivenView): () => void;
} {
  let desk: CardDesk | null = null;
  return {
    initialize({ model }) {
      if (model.get('kind') === 'card') {
        desk = new CardDesk(model);
      }
    },
    render({ model, el }) {
      if (desk) {
        return desk.show(model, el);
      }
      const panel = new Panel(model, el);
      return () => panel.dispose();
    }
  };
}
