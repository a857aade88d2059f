import { arrange, h, Keyed, setAttribute, type View } from './dom';

const BLOCK = 25; // rows that are drawn or left out together
const AHEAD = '400px 0px'; // how far beyond what is seen they are drawn

export interface ListOptions<T> {
  label: string;
  /** What scrolls. */
  scroller: Element;
  key(item: T): string;
  make(item: T): View<T>;
  /** A row's height in px, as long as it is not known. */
  estimate: number;
  /** Called after rows have been drawn. */
  drawn(): void;
}

/**
 * A list of rows of which only those near the view are in the page: its cost does not grow with its length.
 * Arrow keys move between rows, Tab goes on to what is in the row.
 */
export class RowList<T> {
  readonly node: HTMLElement;
  private readonly blocks: Block<T>[] = [];
  private readonly observer: IntersectionObserver;
  private items: readonly T[] = [];
  private current = 0;

  constructor(private readonly options: ListOptions<T>) {
    this.node = h('div', 'ja-rows', { role: 'list', 'aria-label': options.label });
    this.observer = new IntersectionObserver(entries => this.seen(entries), {
      root: options.scroller,
      rootMargin: AHEAD
    });
    this.node.addEventListener('keydown', event => this.moved(event));
    this.node.addEventListener('focusin', event => this.focused(event));
  }

  update(items: readonly T[]): void {
    this.items = items;
    this.current = Math.min(this.current, Math.max(0, items.length - 1));
    const count = Math.ceil(items.length / BLOCK);
    while (this.blocks.length > count) {
      const gone = this.blocks.pop() as Block<T>;
      this.observer.unobserve(gone.node);
      gone.node.remove();
    }
    while (this.blocks.length < count) {
      const block = new Block(this.options, this.blocks.length);
      this.blocks.push(block);
      this.node.append(block.node);
      this.observer.observe(block.node);
    }
    this.blocks.forEach((block, n) => {
      block.isDrawn ||= n === 0; // there at once: nothing flickers
      block.update(items, this.current);
    });
    this.options.drawn();
  }

  /** The views that are drawn now. */
  *views(): Iterable<View<T>> {
    for (const block of this.blocks) {
      yield* block.views();
    }
  }

  dispose(): void {
    this.observer.disconnect();
  }

  private seen(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const block = this.blocks.find(known => known.node === target);
      if (block && block.isDrawn !== isIntersecting && !(block.isDrawn && block.hasFocus())) {
        block.isDrawn = isIntersecting;
        block.update(this.items, this.current);
      }
    }
    this.options.drawn();
  }

  private focused(event: FocusEvent): void {
    const position = this.positionOf(event.target as Element);
    if (position >= 0 && position !== this.current) {
      this.rove(position);
    }
  }

  private moved(event: KeyboardEvent): void {
    const row = (event.target as Element).closest('[role=listitem]');
    const from = row ? this.positionOf(row) : -1;
    const last = this.items.length - 1;
    const to = { ArrowDown: from + 1, ArrowUp: from - 1, Home: 0, End: last }[event.key];
    if (from < 0 || to === undefined || event.defaultPrevented) {
      return;
    }
    event.preventDefault();
    this.rove(Math.min(Math.max(to, 0), last));
    this.rowAt(this.current)?.focus();
  }

  private rove(position: number): void {
    this.rowAt(this.current)?.setAttribute('tabindex', '-1');
    this.current = position;
    const block = this.blocks[Math.floor(position / BLOCK)];
    if (block && !block.isDrawn) {
      block.isDrawn = true;
      block.update(this.items, position);
      this.options.drawn();
    }
    this.rowAt(position)?.setAttribute('tabindex', '0');
  }

  private rowAt(position: number): HTMLElement | null {
    const block = this.blocks[Math.floor(position / BLOCK)];
    return (block?.node.children[position % BLOCK] as HTMLElement | undefined) ?? null;
  }

  private positionOf(element: Element): number {
    const row = element.closest('[role=listitem]');
    return row ? Number(row.getAttribute('aria-posinset')) - 1 : -1;
  }
}

class Block<T> {
  readonly node = h('div', '', { role: 'presentation' });
  isDrawn = false;
  private readonly rows: Keyed<T>;
  private height = 0;

  constructor(
    private readonly options: ListOptions<T>,
    private readonly number: number
  ) {
    this.rows = new Keyed<T>(options.key, options.make);
  }

  update(items: readonly T[], current: number): void {
    const first = this.number * BLOCK;
    const own = items.slice(first, first + BLOCK);
    if (!this.isDrawn) {
      this.height = this.node.offsetHeight || this.height;
      this.rows.clear();
      this.node.replaceChildren();
      this.node.style.blockSize = `${this.height || own.length * this.options.estimate}px`;
      return;
    }
    this.node.style.blockSize = '';
    const nodes = this.rows.update(own);
    nodes.forEach((row, n) => {
      setAttribute(row, 'role', 'listitem');
      setAttribute(row, 'aria-setsize', String(items.length));
      setAttribute(row, 'aria-posinset', String(first + n + 1));
      setAttribute(row, 'tabindex', first + n === current ? '0' : '-1');
    });
    arrange(this.node, nodes);
  }

  views(): Iterable<View<T>> {
    return this.isDrawn ? this.rows.all() : [];
  }

  hasFocus(): boolean {
    return this.node.contains(document.activeElement);
  }
}
