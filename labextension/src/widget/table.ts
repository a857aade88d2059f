import { canBeChosen, canSignIn, isOfHub, tellingFirst, type ProfileView } from '../model/select';
import { clean, hostOf, initials } from '../model/text';
import { ago, duration, isShort, nextTick, ringPart } from '../model/times';
import type { Account, CacheEntry, Data, Profile } from '../model/types';
import type { Context } from '../panel/context';
import { button, iconButton, labelled } from '../panel/controls';
import { arrange, h, Keyed, setAttribute, setText, type View } from '../panel/dom';
import { Ring } from '../panel/marks';
import type { MenuItem } from '../panel/menu';
import { accountState, nobodyLine, stateLine } from '../panel/profiles';

/** A row: a profile with one of its accounts, or with none, and the access tokens that it has. */
export interface RowData {
  profile: Profile;
  account: Account | null;
  tokens: CacheEntry[];
  isFirst: boolean;
}

/** The rows of the table, in the order of the configuration. */
export function rowsOf(views: readonly ProfileView[], data: Data): RowData[] {
  return views.flatMap(({ profile, accounts }): RowData[] => {
    const held = data.cache.filter(entry => entry.profile === profile.name);
    if (!accounts.length || profile.faults.length) {
      return [{ profile, account: null, tokens: held, isFirst: true }];
    }
    return accounts.map((account, position) => {
      const tokens = held.filter(entry => entry.home_account_id === account.home_account_id);
      return { profile, account, tokens, isFirst: position === 0 };
    });
  });
}

/** Those in use before the others, and what ends soonest first; what has ended comes last. */
export function soonestFirst(tokens: readonly CacheEntry[], now: number): CacheEntry[] {
  const rank = ({ expires_on, last_used }: CacheEntry): number => (expires_on <= now ? 2 : last_used ? 0 : 1);
  return [...tokens].sort((a, b) => rank(a) - rank(b) || a.expires_on - b.expires_on);
}

const FEW = 20; // tokens of one row that are shown at first
const STEP = 100; // and how many more each time
const ASKS = { needsServer: true };
const COLUMNS = ['profile', 'account', 'state', 'token'];

/** Who is signed in to what, and the access tokens: a table that folds into blocks where it is narrow. */
export class Table {
  readonly node: HTMLElement;
  private readonly body = h('tbody', '', { role: 'rowgroup' });
  private readonly rows: Keyed<RowData>;
  private shown: readonly RowData[] = [];

  constructor(private readonly context: Context) {
    const { say } = context;
    // Roles are written out: a table that is laid out as blocks is none any more for some screen readers.
    const heads = COLUMNS.map(column =>
      h('th', '', { scope: 'col', role: 'columnheader' }, say(`panel.column.${column}`))
    );
    const last = h('th', '', { scope: 'col', role: 'columnheader' });
    last.append(h('span', 'ja-hidden', {}, say('panel.column.actions')));
    const head = h('thead', '', { role: 'rowgroup' }, h('tr', '', { role: 'row' }, ...heads, last));
    this.node = h('table', 'ja-table', { role: 'table' }, head, this.body);
    this.rows = new Keyed<RowData>(
      ({ profile, account }) => `${profile.name}\n${account?.home_account_id ?? ''}`,
      () => new Row(context)
    );
  }

  update(rows: readonly RowData[]): void {
    this.shown = rows;
    arrange(this.body, this.rows.update(rows));
  }

  /** Let the times go on; gives back after how many ms they are to go on again. */
  tick(): number {
    for (const view of this.rows.all()) {
      (view as Row).tick();
    }
    const now = this.context.now();
    return nextTick(
      this.shown.flatMap(({ tokens }) => tokens.map(token => token.expires_on - now)),
      false
    );
  }
}

class Row implements View<RowData> {
  readonly node: HTMLElement;
  private readonly title = h('bdi', 'ja-cut');
  private readonly who = h('td', '', { role: 'cell' });
  private readonly state = h('td', '', { role: 'cell' });
  private readonly token = h('td', '', { role: 'cell' });
  private readonly actions = h('td', '', { role: 'cell' });
  private readonly refusal = h('div', 'ja-refusal', { role: 'alert' });
  private readonly none: HTMLElement;
  private readonly tokens: Keyed<CacheEntry>;
  private readonly more: HTMLButtonElement;
  private instead: HTMLElement | null = null;
  private held: readonly CacheEntry[] = [];
  private limit = FEW;
  private shape = '';

  constructor(private readonly context: Context) {
    this.none = h('span', 'ja-soft', {}, context.say('panel.noToken'));
    this.tokens = new Keyed<CacheEntry>(
      entry => entry.scopes.join('\n'),
      () => new TokenLine(context)
    );
    this.more = button('', () => this.showMore(), { classes: 'ja-btn-quiet' });
    const name = h('th', '', { scope: 'row', role: 'rowheader' }, this.title);
    this.node = h('tr', '', { role: 'row' }, name, this.who, this.state, this.token, this.actions);
  }

  update({ profile, account, tokens, isFirst }: RowData): void {
    const title = clean(profile.title || profile.name);
    setText(this.title, title);
    setAttribute(this.title, 'title', title === profile.name ? title : `${title} (${clean(profile.name)})`);
    setAttribute(this.node, 'data-more', isFirst ? null : '');
    const shape = JSON.stringify([profile, account]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.who.replaceChildren(account ? whose(account) : h('span', 'ja-soft', { 'aria-hidden': 'true' }, '–'));
      this.who.classList.toggle('ja-nobody-here', !account);
      this.state.replaceChildren(stateOf(this.context, profile, account), this.refusal);
      this.state.classList.toggle('ja-faulty', profile.faults.length > 0);
      this.actions.replaceChildren(...actionsOf(this.context, profile, account));
      this.instead = this.insteadOf(profile, account);
    }
    this.held = tokens;
    this.drawTokens();
    this.tellRefusal(profile, isFirst);
  }

  private drawTokens(): void {
    const tokens = soonestFirst(this.held, this.context.now());
    const rest = tokens.length - this.limit;
    setText(this.more, rest > 0 ? this.context.say('panel.more', {}, rest) : '');
    const below = [...(rest > 0 ? [this.more] : []), ...(this.instead ? [this.instead] : [])];
    const lines = [...this.tokens.update(tokens.slice(0, this.limit)), ...below];
    arrange(this.token, lines.length ? lines : [this.none]);
  }

  private showMore(): void {
    this.limit += STEP;
    this.drawTokens();
    if (!this.more.isConnected) {
      // the button had the keyboard: that goes on where the list does
      const last = this.token.querySelector<HTMLElement>('.ja-token-line:last-of-type');
      last?.setAttribute('tabindex', '-1');
      last?.focus();
    }
  }

  tick(): void {
    for (const line of this.tokens.all()) {
      (line as TokenLine).tick();
    }
  }

  /** What stands where the tokens would: what is wrong, or what has to be done to have some. */
  private insteadOf(profile: Profile, account: Account | null): HTMLElement | null {
    if (profile.faults.length) {
      return faultsOf(profile);
    }
    const needsYou = account && account.state !== 'signed_in' && !isOfHub(this.context.store.state.data, account);
    return needsYou ? button(this.context.say('side.signInAgain'), signInAgain(this.context, account), ASKS) : null;
  }

  private tellRefusal(profile: Profile, isFirst: boolean): void {
    const { actions, say } = this.context;
    const problem = isFirst ? actions.refused.get(profile.name) : undefined;
    const asks = isFirst && actions.asking.has(profile.name);
    const told = problem ? [problem.message, problem.hint].map(text => clean(text, 300)).filter(Boolean) : [];
    setText(this.refusal, asks ? say('side.asking', { host: hostOf(profile.issuer) }) : told.join(' '));
    this.refusal.classList.toggle('ja-is-problem', Boolean(problem) && !asks);
  }
}

/** One access token: how long yet, what for, where from, when last used. Never its value. */
class TokenLine implements View<CacheEntry> {
  readonly node: HTMLElement;
  private readonly ring = new Ring();
  private readonly time = h('span');
  private readonly scopes = h('bdi');
  private readonly use = h('span', 'ja-meta');
  private entry: CacheEntry | null = null;

  constructor(private readonly context: Context) {
    const code = h('span', 'ja-meta ja-token-scopes', { dir: 'auto' }, h('code', '', {}, this.scopes));
    const main = h('div', 'ja-token-main', {}, this.time, code, this.use);
    this.node = h('div', 'ja-token-line', {}, main);
    this.node.prepend(this.ring.node);
  }

  update(entry: CacheEntry): void {
    this.entry = entry;
    const scopes = tellingFirst(entry.scopes).map(scope => clean(scope)).join(' ');
    setText(this.scopes, scopes);
    setAttribute(this.scopes, 'title', scopes);
    this.tick();
  }

  tick(): void {
    const { say, now } = this.context;
    const { expires_on, last_used, renewing, source } = this.entry as CacheEntry;
    const left = expires_on - now();
    this.ring.show(ringPart(left), isShort(left) && left > 0);
    const time = left > 0 ? say('panel.expires', { time: duration(left, say) }) : say('panel.ended');
    setText(this.time, time);
    setAttribute(this.time, 'title', new Date(expires_on * 1000).toLocaleString());
    const from = say(source === 'cache' ? 'side.token.fromCache' : 'side.token.fromProvider');
    const used = last_used ? say('side.token.used', { time: ago(now() - last_used, say) }) : '';
    const more = left > 0 ? used : say('side.token.renews');
    setText(this.use, [from, renewing ? say('side.token.renewing') : more].filter(Boolean).join(' · '));
  }
}

function whose(account: Account): HTMLElement {
  const title = nameOf(account);
  const avatar = h('span', 'ja-avatar', { 'aria-hidden': 'true' }, initials(account.name || title));
  const name = clean(account.name);
  const whole = name && name !== title ? `${title} · ${name}` : title;
  return h('span', 'ja-cellrow', {}, avatar, h('bdi', 'ja-cut', { title: whole }, title));
}

function nameOf(account: Account): string {
  return clean(account.username || account.name || account.home_account_id);
}

function stateOf(context: Context, profile: Profile, account: Account | null): HTMLElement {
  const { say } = context;
  if (profile.faults.length) {
    return stateLine('bad', say('side.state.setup', {}, profile.faults.length));
  }
  if (account) {
    return stateLine(account.state === 'signed_in' ? 'ok' : 'warn', accountState(context, account));
  }
  return nobodyLine(say, profile);
}

/** What is wrong with a profile stands where its tokens would. */
function faultsOf({ faults }: Profile): HTMLElement {
  const all = h('ul', 'ja-faults');
  const told = faults.slice(0, 20).map(({ key, message }) => `${clean(key)}: ${clean(message, 300)}`);
  all.append(...told.map(text => h('li', 'ja-meta', {}, text)));
  return all;
}

function actionsOf(context: Context, profile: Profile, account: Account | null): HTMLElement[] {
  const { say, actions } = context;
  if (!canSignIn(profile)) {
    return [];
  }
  if (!account) {
    const made = button(say('side.signIn'), () => void actions.signIn({ profile: profile.name }), ASKS);
    labelled(made, say('command.signIn', { profile: clean(profile.title || profile.name) }));
    return [made];
  }
  const again = signInAgain(context, account);
  const items = (): MenuItem[] => [
    ...(canBeChosen(context.store.state.data, account)
      ? [{ icon: 'check' as const, text: say('side.menu.default'), act: () => void actions.useByDefault(account) }]
      : []),
    { icon: 'refresh', text: say('side.signInAgain'), act: again },
    { icon: 'plus', text: say('panel.another'), act: () => void actions.signIn({ profile: profile.name }) },
    { icon: 'cross', text: say('side.menu.signOut'), act: () => void actions.signOut(account) }
  ];
  const label = say('side.more', { name: nameOf(account) });
  const more = iconButton('more', label, () => context.menu(more, label, items()), true);
  setAttribute(more, 'aria-haspopup', 'menu');
  return [more];
}

function signInAgain({ actions }: Context, { profile, username }: Account): () => void {
  return () => void actions.signIn({ profile, ...(username ? { account: username } : {}) });
}
