// The card's facts as rows of a list.
import { h, sentence } from './dom';
import type { Fact } from './facts';
import type { Strings } from './strings';

/** The terms and values of these facts, for a `dl`. */
export function factRows(strings: Strings, facts: Fact[]): HTMLElement[] {
  return facts.flatMap(fact => row(strings, fact));
}

function row(strings: Strings, { label, lines }: Fact): HTMLElement[] {
  const isList = lines.some(line => line.raw) || lines.filter(line => !line.isNote).length > 1;
  const shown = lines.map(({ words, isNote, raw }) => {
    const code = raw && h('code', {}, h('bdi', {}, raw));
    const attributes = isNote ? { class: 'note' } : {};
    return h(isList ? 'li' : 'span', attributes, sentence(strings, words), code && ' ', code);
  });
  const value = isList ? [h('ul', { class: 'scopes' }, ...shown)] : shown;
  return [h('dt', {}, sentence(strings, label)), h('dd', {}, ...value)];
}
