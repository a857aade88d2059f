// How a request ended, as a notice with buttons or as a single line.
import { copy } from './copy';
import { h, sentence, sentences, setText } from './dom';
import { icon } from './icons';
import type { Outcome, Remedy } from './outcome';
import { english, plain, type Strings } from './strings';

const LABELS: Record<Remedy, string> = {
  renew: 'card.expired.renew',
  retry: 'card.retry',
  cancel: 'card.cancel',
  dismiss: 'card.dismiss'
};

/** A single line where that says it all or `isLine` wants it so, else a notice. */
export function outcomeView(
  outcome: Outcome,
  strings: Strings,
  isLine: boolean,
  act: (remedy: Remedy) => void
): HTMLElement {
  return outcome.title === null || isLine ? line(outcome, strings) : notice(outcome, strings, act);
}

/** What the outcome says, as text. */
export function outcomeText(outcome: Outcome, strings: Strings = english): string {
  const title = outcome.title ? `${plain(strings, outcome.title)}. ` : '';
  const said = outcome.title ? outcome.said : outcome.line;
  return (title + said.map(words => plain(strings, words)).join(' ')).trim();
}

function line(outcome: Outcome, strings: Strings): HTMLElement {
  const title = outcome.tone === 'bad' && outcome.title ? `${plain(strings, outcome.title)}. ` : '';
  const words = h('span', {}, title, sentences(strings, outcome.line));
  const attributes = { class: 'line', 'data-state': outcome.state, 'data-part': 'line', tabindex: '-1' };
  return h('p', attributes, icon(outcome.icon, `ja-is-${outcome.tone}`), words);
}

function notice(outcome: Outcome, strings: Strings, act: (remedy: Remedy) => void): HTMLElement {
  const title = h('p', { class: 'title', id: 'title', tabindex: '-1' });
  if (outcome.title) {
    title.append(sentence(strings, outcome.title));
  }
  const said = h('div', {}, title, ...outcome.said.map(words => h('p', {}, sentence(strings, words))));
  if (outcome.tone === 'bad') {
    said.setAttribute('role', 'alert');
  }
  const text = h('div', { class: 'notice-text' }, said, outcome.details.length > 0 && details(outcome, strings));
  const actions = h('div', { class: 'actions' });
  outcome.remedies.forEach((remedy, index) => actions.append(button(remedy, index, outcome, strings, act)));
  const main = h('div', { class: 'notice-main' }, text, actions);
  return h(
    'section',
    { class: 'card', role: 'group', 'aria-labelledby': 'title', 'data-state': outcome.state },
    h('div', { class: 'notice' }, icon(outcome.icon, `ja-is-${outcome.tone}`), main)
  );
}

function button(
  remedy: Remedy,
  index: number,
  outcome: Outcome,
  strings: Strings,
  act: (remedy: Remedy) => void
): HTMLElement {
  const isAside = index > 0 && index === outcome.remedies.length - 1;
  const look = remedy === 'renew' ? ' primary' : isAside ? ' quiet' : '';
  const made = h('button', { class: `btn${look}`, type: 'button', 'data-part': remedy });
  made.append(remedy === 'renew' ? icon('refresh') : '', h('span', {}, strings(LABELS[remedy])));
  made.addEventListener('click', () => act(remedy));
  return made;
}

function details(outcome: Outcome, strings: Strings): HTMLElement {
  const rows = outcome.details.map(([label, value]) => [plain(strings, label), value] as const);
  const list = h('dl', { class: 'facts' });
  for (const [label, value] of rows) {
    list.append(h('dt', {}, label), h('dd', {}, h('code', {}, h('bdi', {}, value))));
  }
  const label = h('span', {}, strings('card.failed.copyDetails'));
  const made = h('button', { class: 'btn', type: 'button', 'data-part': 'copy-details' }, icon('copy'), label);
  made.addEventListener('click', () => {
    const text = rows.map(row => row.join(': ')).join('\n');
    void copy(text, list).then(isDone => isDone && setText(label, strings('card.copied')));
  });
  const summary = h('summary', { 'data-part': 'details' }, strings('card.failed.details'));
  return h('details', { class: 'details' }, summary, list, made);
}
