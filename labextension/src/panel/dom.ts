import { clean } from '../model/text';
import type { Piece } from '../model/say';

export type Child = Node | string | null;

/** An element with classes, attributes and children. Text is text: nothing here is ever read as markup. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  classes = '',
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (classes) {
    element.className = classes;
  }
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children.filter((child): child is Node | string => child !== null));
  return element;
}

/** A name from elsewhere: cleaned, and isolated from the direction of what stands around it. */
export function name(value: string): HTMLElement {
  return h('bdi', '', {}, clean(value));
}

/** A sentence with each value in it isolated. */
export function sentence(pieces: Piece[]): DocumentFragment {
  const fragment = document.createDocumentFragment();
  fragment.append(...pieces.map(piece => (typeof piece === 'string' ? piece : name(piece.value))));
  return fragment;
}

/** Set the text where it is another. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/** Set or remove the attribute where it is another. */
export function setAttribute(element: Element, attribute: string, value: string | null): void {
  if (value === null) {
    element.removeAttribute(attribute);
  } else if (element.getAttribute(attribute) !== value) {
    element.setAttribute(attribute, value);
  }
}

/** Make `parent` hold just these nodes in this order, moving as few as possible. */
export function arrange(parent: Element, nodes: readonly Node[]): void {
  const kept = new Set(nodes);
  Array.from(parent.childNodes).forEach(node => kept.has(node) || node.remove());
  nodes.forEach((node, position) => {
    if (parent.childNodes[position] !== node) {
      parent.insertBefore(node, parent.childNodes[position] ?? null);
    }
  });
}

/** What has the focus there: in the page, or in the shadow root around `node`. */
export function focusedNear(node: Node): Element | null {
  const root = node.getRootNode();
  return root instanceof ShadowRoot ? root.activeElement : document.activeElement;
}

export interface View<T> {
  readonly node: HTMLElement;
  update(item: T): void;
}

/** Views by key: made when their item comes, kept and updated while it stays. */
export class Keyed<T> {
  private views = new Map<string, View<T>>();

  constructor(
    private readonly key: (item: T) => string,
    private readonly make: (item: T) => View<T>
  ) {}

  update(items: readonly T[]): HTMLElement[] {
    const next = new Map<string, View<T>>();
    for (const item of items) {
      let key = this.key(item);
      while (next.has(key)) {
        key += '+'; // two of the same name are two rows all the same
      }
      const view = this.views.get(key) ?? this.make(item);
      view.update(item);
      next.set(key, view);
    }
    this.views = next;
    return Array.from(next.values(), view => view.node);
  }

  all(): Iterable<View<T>> {
    return this.views.values();
  }

  clear(): void {
    this.views.clear();
  }
}
