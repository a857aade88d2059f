import { pieces, type Phrase, type Strings } from './strings';

type Child = Node | string | null | false;

/** An element with attributes and children. Text goes in as text, never as markup. */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  element.append(...children.filter((child): child is Node | string => child !== null && child !== false));
  return element;
}

/** The nodes of a sentence; each value keeps its own direction. */
export function sentence(strings: Strings, words: Phrase): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const { text, isName } of pieces(strings, words)) {
    fragment.append(isName ? h('bdi', {}, text) : text);
  }
  return fragment;
}

/** Several sentences, a space between them. */
export function sentences(strings: Strings, all: Phrase[]): DocumentFragment {
  const fragment = document.createDocumentFragment();
  all.forEach((words, index) => fragment.append(index ? ' ' : '', sentence(strings, words)));
  return fragment;
}

/** Change a text only where it differs, so that no live region speaks twice. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
