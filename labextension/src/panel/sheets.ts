import { linesOf, thingsToKnow, type Line, type Tone } from '../model/report';
import { whatGoes } from '../model/select';
import { clean, hostOf } from '../model/text';
import type { State } from '../model/state';
import type { AccountOutcome } from '../model/types';
import type { Ended } from './actions';
import type { Context } from './context';
import { button } from './controls';
import { h, sentence } from './dom';
import { icon, type IconName } from '../interaction/icons';

let numbers = 0;

/** What goes and what stays, whether to revoke, and the two answers. */
export function confirmSheet(
  { say }: Context,
  state: State,
  clear: (revoke: boolean) => void,
  keep: () => void
): HTMLElement {
  numbers += 1;
  const [title, about] = [`ja-clear-title-${numbers}`, `ja-clear-about-${numbers}`];
  const goes = whatGoes(state.data);
  const refresh = h('li');
  const box = h('input', '', { type: 'checkbox' });
  box.checked = true;
  const tell = (): void => {
    const key = box.checked ? 'clear.goes.refresh' : 'clear.goes.refreshKept';
    refresh.replaceChildren(icon('trash', 'ja-is-bad'), h('span', '', {}, say(key, {}, goes.refresh)));
  };
  box.addEventListener('change', tell);
  tell();
  const takes = [
    item('trash', 'ja-is-bad', say('clear.goes.accounts', {}, goes.accounts)),
    item('trash', 'ja-is-bad', say('clear.goes.tokens', {}, goes.tokens)),
    refresh
  ];
  const stays = [
    item('browser', 'ja-is-soft', say('clear.stays.browser')),
    item('gear', 'ja-is-soft', say('clear.stays.profiles'))
  ];
  const body = h('div', 'ja-sheet-body', { id: about }, list(say('clear.goes'), takes), list(say('clear.stays'), stays));
  const choice = h('label', 'ja-choice', {}, box, h('span', '', {}, say('clear.revoke')));
  // A double click on Clear cache… lands with its second half on what stands here, which nobody has read yet.
  const answer = (act: () => void) => (event: MouseEvent) => (event.detail < 2 ? act() : undefined);
  const answers = actions(
    button(say('clear.keep'), answer(keep), { classes: 'ja-keep' }),
    button(say('clear.confirm'), answer(() => clear(box.checked)), { classes: 'ja-btn-danger', needsServer: true })
  );
  return h(
    'div',
    'ja-sheet',
    { role: 'alertdialog', 'aria-modal': 'false', 'aria-labelledby': title, 'aria-describedby': about },
    h('p', 'ja-title', { id: title }, say('clear.title')),
    body,
    choice,
    answers
  );
}

/** While the server is at it. */
export function busySheet({ say, pieces }: Context, state: State, revoke: boolean): HTMLElement {
  const hosts = new Set(state.data.accounts.map(account => hostOf(account.environment)));
  const host = Array.from(hosts).slice(0, 3).join(', ');
  const note = h('p', 'ja-meta');
  if (revoke && host) {
    note.append(sentence(pieces('clear.busyAsk', { host })));
  }
  const bar = h('div', 'ja-countdown ja-busy', { 'aria-hidden': 'true' }, h('span'));
  const attributes = { role: 'status', 'aria-busy': 'true', tabindex: '-1' };
  return h('div', 'ja-sheet', attributes, h('p', 'ja-title ja-title-m', {}, say('clear.busy')), note, bar);
}

/** What came of it: one line an outcome, and on request each account. */
export function resultSheet(
  context: Context,
  ended: Extract<Ended, { report: unknown }>,
  close: () => void
): HTMLElement {
  const { say } = context;
  const lines = linesOf(ended.report);
  const toKnow = thingsToKnow(lines);
  const items = lines.map(line => resultLine(context, line));
  items.push(item('browser', 'ja-is-soft', say('clear.result.browser')));
  const all = h('ul', 'ja-list');
  all.append(...items);
  return h(
    'div',
    'ja-sheet',
    { role: 'status' },
    heading(toKnow ? 'warning' : 'done', toKnow ? 'ja-is-warn' : 'ja-is-ok', titleOf(context, ended, toKnow)),
    h('div', 'ja-sheet-body', {}, all, each(context, ended.report.accounts)),
    actions(button(say('clear.result.close'), close, { classes: 'ja-close' }))
  );
}

/** The server could not do it, or did not answer. */
export function failedSheet(
  { say }: Context,
  ended: Extract<Ended, { problem: unknown }>,
  close: () => void
): HTMLElement {
  const username = clean(ended.account?.username ?? '');
  const title = ended.of === 'clear' ? say('clear.failed') : say('signOut.failed', { username });
  const { problem } = ended;
  const texts = problem ? [problem.message, problem.hint] : [say('net.offline')];
  return h(
    'div',
    'ja-sheet',
    { role: 'alert' },
    heading('alert', 'ja-is-bad', title),
    ...texts.filter(Boolean).map(text => h('p', '', {}, clean(text, 300))),
    actions(button(say('clear.result.close'), close, { classes: 'ja-close' }))
  );
}

function titleOf({ say }: Context, ended: Extract<Ended, { report: unknown }>, toKnow: number): string {
  if (ended.of === 'clear') {
    return toKnow ? say('clear.partly', {}, toKnow) : say('clear.done');
  }
  const values = { username: clean(ended.account.username), profile: clean(ended.account.profile) };
  return toKnow ? say('signOut.partly', values, toKnow) : say('signOut.done', values);
}

const TONES: Record<Tone, [IconName, string]> = {
  ok: ['check', 'ja-is-ok'],
  warn: ['warning', 'ja-is-warn'],
  bad: ['alert', 'ja-is-bad'],
  soft: ['check', 'ja-is-soft']
};

function resultLine({ say, pieces }: Context, line: Line): HTMLElement {
  const [shape, classes] = TONES[line.tone];
  const made = item(shape, classes, say(line.key, {}, line.count));
  const { note } = line;
  if (note !== null) {
    const texts = new Map(line.rows.map(row => [`${row.profile}\n${row.host}`, row]));
    made.lastElementChild?.append(
      ...Array.from(texts.values(), ({ profile, host }) =>
        h('span', 'ja-meta ja-note', {}, sentence(pieces(note, { profile: profile || host, host })))
      )
    );
  }
  return made;
}

/** Folded, since the lines above count the same: what was done with each account. */
function each({ say, pieces }: Context, accounts: readonly AccountOutcome[]): HTMLElement | null {
  if (!accounts.length) {
    return null;
  }
  const rows = accounts.slice(0, 200).map(({ username, home_account_id, profile, outcome, host }) => {
    const who = [clean(username || home_account_id), clean(profile)].filter(Boolean).join(' · ');
    const made = h('li', 'ja-meta', {}, h('bdi', '', {}, who), ': ');
    made.append(sentence(pieces(`clear.each.${outcome}`, { host })));
    return made;
  });
  const all = h('ul', 'ja-each');
  all.append(...rows);
  return h('details', 'ja-details', {}, h('summary', '', {}, say('clear.each')), all);
}

function heading(shape: IconName, classes: string, text: string): HTMLElement {
  const line = h('div', 'ja-line', {}, h('p', 'ja-title ja-title-m', {}, text));
  line.prepend(icon(shape, classes));
  return line;
}

function item(shape: IconName, classes: string, text: string): HTMLElement {
  const made = h('li', '', {}, h('span', '', {}, text));
  made.prepend(icon(shape, classes));
  return made;
}

function list(title: string, items: HTMLElement[]): HTMLElement {
  const all = h('ul', 'ja-list');
  all.append(...items);
  return h('div', '', {}, h('p', 'ja-list-head', {}, title), all);
}

function actions(...buttons: HTMLElement[]): HTMLElement {
  return h('div', 'ja-actions ja-end', {}, ...buttons);
}
