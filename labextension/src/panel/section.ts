import { h, setAttribute, setText } from './dom';
import { icon } from '../interaction/icons';

/** A part of the panel that folds: a heading with a number, and a body. */
export class Section {
  readonly node: HTMLDetailsElement;
  readonly body = h('div', 'ja-sec-body');
  private readonly summary: HTMLElement;
  private readonly count = h('span', 'ja-count');

  constructor(
    readonly id: string,
    title: string,
    folded: (id: string, isFolded: boolean) => void
  ) {
    this.summary = h('summary', '', {}, icon('chevron'), h('span', '', {}, title), this.count);
    this.node = h('details', 'ja-sec', {}, this.summary, this.body);
    this.node.open = true;
    this.node.addEventListener('toggle', () => folded(id, !this.node.open));
  }

  /** The number in the heading; `marks` where it asks for the person. */
  setCount(count: number, marks = false): void {
    setText(this.count, String(count));
    this.count.classList.toggle('ja-count-on', marks);
  }

  setShown(isShown: boolean): void {
    setAttribute(this.node, 'hidden', isShown ? null : '');
  }

  focus(): void {
    this.summary.focus();
  }
}
