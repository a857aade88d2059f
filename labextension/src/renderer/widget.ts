import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { TAG, defineCard, type InteractionCard, type Strings } from '../interaction';
import type { Store } from '../model/store';
import { Controller } from './controller';
import { MIME_TYPE } from './data';

/** The card as an output of a cell. */
export class InteractionRenderer extends Widget implements IRenderMime.IRenderer {
  constructor(store: Store, strings: Strings) {
    super();
    defineCard();
    this.addClass('jp-jupyter-auth-interaction');
    const card = document.createElement(TAG) as InteractionCard;
    card.strings = strings;
    this.node.append(card);
    this._controller = new Controller(card, store);
  }

  /** The output is on show when this returns; what the server says may come later. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this._controller.show(model.data[MIME_TYPE]);
    return Promise.resolve();
  }

  override dispose(): void {
    this._controller.dispose();
    super.dispose();
  }

  private readonly _controller: Controller;
}
