import { canBeChosen, isApplication, isAtHub, isOfHub, mustChoose, type ProfileView } from '../model/select';
import { baseName, clean, hostOf, initials } from '../model/text';
import type { Account, Fault, Profile } from '../model/types';
import type { Context } from './context';
import { button, iconButton, labelled } from './controls';
import { arrange, h, Keyed, setAttribute, setText, type View } from './dom';
import { dot, type DotName } from './marks';

/** A state in words, with its mark. */
export function stateLine(mark: DotName, words: string): HTMLElement {
  return h('span', 'ja-dot', {}, dot(mark), h('span', 'ja-1line', {}, words));
}

/** One profile: who it is, its accounts, what is wrong with it. */
export class ProfileBlock implements View<ProfileView> {
  readonly node = h('div', 'ja-prof');
  private readonly title = h('bdi');
  private readonly host = h('bdi');
  private readonly right = h('div', 'ja-prof-right');
  private readonly rows = h('ul');
  private readonly choice = h('p', 'ja-meta ja-choose');
  private readonly refusal = h('div', 'ja-refusal', { role: 'alert' });
  private readonly accounts: Keyed<Account>;
  private shape = '';

  constructor(private readonly context: Context) {
    this.accounts = new Keyed<Account>(
      account => account.home_account_id,
      () => new AccountRow(context)
    );
    const head = h(
      'div',
      'ja-prof-head',
      {},
      h('span', 'ja-name ja-1line', {}, this.title),
      this.right,
      h('span', 'ja-host-name', {}, this.host)
    );
    this.node.append(head, this.rows, this.choice, this.refusal);
  }

  update({ profile, accounts }: ProfileView): void {
    const title = clean(profile.title || profile.name);
    setText(this.title, title);
    setAttribute(this.title, 'title', title === profile.name ? null : clean(profile.name));
    const file = profile.faults.length ? fileOf(profile) : '';
    setText(this.host, baseName(file) || hostOf(profile.issuer));
    setAttribute(this.host, 'title', file || null);
    const shape = JSON.stringify([profile, accounts.length > 0]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.right.replaceChildren(...actionsOf(this.context, profile, accounts.length > 0));
    }
    const state = accounts.length && !profile.faults.length ? [] : [this.nobody(profile)];
    arrange(this.rows, [...state, ...this.accounts.update(accounts)]);
    setText(this.choice, mustChoose(accounts) ? this.context.say('side.state.choose') : '');
    showRefusal(this.context, profile, this.refusal);
  }

  private readonly empty = h('li', 'ja-nobody');
  private nobody(profile: Profile): HTMLElement {
    this.empty.replaceChildren(stateOf(this.context, profile));
    return this.empty;
  }
}

/** One profile in one line, where there are many and nobody is signed in to it. */
export class ProfileRow implements View<Profile> {
  readonly node = h('div', 'ja-flat');
  private readonly title = h('bdi');
  private readonly right = h('span', 'ja-prof-right');
  private readonly line = h('span', 'ja-row-main');
  private readonly refusal = h('div', 'ja-refusal', { role: 'alert' });
  private shape = '';

  constructor(private readonly context: Context) {
    this.line.append(h('span', 'ja-1line', {}, this.title));
    this.node.append(this.line, this.right, this.refusal);
  }

  update(profile: Profile): void {
    const title = clean(profile.title || profile.name);
    setText(this.title, title);
    setAttribute(this.title, 'title', title);
    const shape = JSON.stringify(profile);
    if (shape !== this.shape) {
      this.shape = shape;
      this.right.replaceChildren(...actionsOf(this.context, profile, false, true));
      const isPlain = !profile.faults.length && !isApplication(profile) && !isAtHub(profile);
      arrange(this.line, [this.line.firstChild as Node, ...(isPlain ? [] : [stateOf(this.context, profile)])]);
    }
    showRefusal(this.context, profile, this.refusal);
  }
}

/** One account: who, in what state, and what can be done. */
export class AccountRow implements View<Account> {
  readonly node: HTMLElement;
  private readonly avatar = h('span', 'ja-avatar', { 'aria-hidden': 'true' });
  private readonly title = h('bdi');
  private readonly of = h('span', 'ja-soft');
  private readonly main: HTMLElement;
  private action: HTMLElement = h('span');
  private account: Account | null = null;

  constructor(
    private readonly context: Context,
    private readonly namesProfile = false
  ) {
    const line = h('div', 'ja-1line', {}, this.title, this.of);
    this.main = h('div', 'ja-row-main', {}, line);
    this.node = h(namesProfile ? 'div' : 'li', 'ja-row', {}, this.avatar, this.main);
    if (!namesProfile) {
      this.node.tabIndex = -1;
    }
  }

  update(account: Account): void {
    if (JSON.stringify(account) === JSON.stringify(this.account)) {
      this.account = account;
      return;
    }
    this.account = account;
    const title = clean(account.username || account.name || account.home_account_id);
    setText(this.avatar, initials(account.name || title));
    setText(this.title, title);
    setAttribute(this.title, 'title', account.name && account.name !== title ? `${title} · ${clean(account.name)}` : title);
    setText(this.of, this.namesProfile ? ` · ${clean(account.profile)}` : '');
    const isIn = account.state === 'signed_in';
    const state = stateLine(isIn ? 'ok' : 'warn', accountState(this.context, account));
    const isHere = !isOfHub(this.context.store.state.data, account);
    this.action = !isHere ? h('span') : isIn ? this.more(title) : this.again(account);
    arrange(this.main, [this.main.firstChild as Node, state]);
    arrange(this.node, [this.avatar, this.main, this.action]);
  }

  private again({ profile, username }: Account): HTMLElement {
    const { say, actions } = this.context;
    const ask = (): void => void actions.signIn({ profile, ...(username ? { account: username } : {}) });
    return button(say('side.signInAgain'), ask, { classes: 'ja-btn-quiet ja-row-words', needsServer: true });
  }

  private more(title: string): HTMLElement {
    const label = this.context.say('side.more', { name: title });
    const open = iconButton('more', label, () => this.openMenu(open, label), true);
    setAttribute(open, 'aria-haspopup', 'menu');
    return open;
  }

  private openMenu(anchor: HTMLElement, label: string): void {
    const { say, actions, menu, store } = this.context;
    const account = this.account as Account;
    const again = { profile: account.profile, ...(account.username ? { account: account.username } : {}) };
    menu(anchor, label, [
      ...(canBeChosen(store.state.data, account)
        ? [{ icon: 'check' as const, text: say('side.menu.default'), act: () => void actions.useByDefault(account) }]
        : []),
      { icon: 'refresh', text: say('side.signInAgain'), act: () => void actions.signIn(again) },
      { icon: 'cross', text: say('side.menu.signOut'), act: () => void actions.signOut(account) }
    ]);
  }
}

/** How an account is, and whether it is the one that is used by default. */
export function accountState({ say, store }: Context, account: Account): string {
  if (account.state === 'signed_in') {
    return say(account.default ? 'side.state.default' : 'side.state.signedIn');
  }
  if (isOfHub(store.state.data, account)) {
    return say('side.state.hubAgain');
  }
  return say(account.default ? 'side.state.defaultNeedsYou' : 'side.state.needsYou');
}

/** What can be done with a profile: sign in, add an account, or copy what is wrong with it. */
function actionsOf(context: Context, profile: Profile, hasAccounts: boolean, isFlat = false): HTMLElement[] {
  const { say, actions } = context;
  const title = clean(profile.title || profile.name);
  const classes = isFlat ? 'ja-btn-quiet' : '';
  if (profile.faults.length) {
    return [copyReport(context, profile, classes)];
  }
  if (isApplication(profile) || isAtHub(profile)) {
    return [];
  }
  const ask = (): void => void actions.signIn({ profile: profile.name });
  if (hasAccounts) {
    return [iconButton('plus', say('side.addAccount', { profile: title }), ask, true)];
  }
  const made = button(say('side.signIn'), ask, { classes, needsServer: true });
  labelled(made, say('command.signIn', { profile: title }));
  return [made];
}

function copyReport({ say }: Context, profile: Profile, classes: string): HTMLElement {
  const copy = (): void => {
    const report = profile.faults.map(fault => `${fault.file}: ${fault.key}: ${fault.message}`).join('\n');
    const told = made.querySelector('span') as HTMLElement;
    navigator.clipboard.writeText(report).then(
      () => setText(told, say('side.copied')),
      () => setText(told, say('side.copyRefused'))
    );
    setTimeout(() => setText(told, say('side.copyReport')), 2000);
  };
  const made = button(say('side.copyReport'), copy, { classes, icon: 'copy' });
  return made;
}

/** How a profile is where nobody is signed in; where it is faulty, each fault. */
function stateOf({ say }: Context, profile: Profile): HTMLElement {
  if (profile.faults.length) {
    const line = stateLine('bad', say('side.state.setup', {}, profile.faults.length));
    const all = h('ul', 'ja-faults');
    all.append(...profile.faults.slice(0, 20).map(fault => faultLine(fault, profile.name)));
    return h('div', '', {}, line, all);
  }
  return nobodyLine(say, profile);
}

/** How a profile is that has no account here and no faults. */
export function nobodyLine(say: Context['say'], profile: Profile): HTMLElement {
  if (isAtHub(profile)) {
    return stateLine('app', say('side.state.hub'));
  }
  return isApplication(profile)
    ? stateLine('app', say('side.state.app'))
    : stateLine('none', say('side.state.none'));
}

/** The key, without the profile's own name before it, and what is wrong with it. */
function faultLine({ key, message }: Fault, profile: string): HTMLElement {
  const name = clean(key.replace(`profiles.${profile}.`, ''));
  return h('li', 'ja-meta', {}, h('code', '', {}, name), ` ${clean(message, 300)}`);
}

/** What the server said instead of a sign-in. */
function showRefusal({ actions, say }: Context, profile: Profile, place: HTMLElement): void {
  const problem = actions.refused.get(profile.name);
  const asks = actions.asking.has(profile.name);
  const text = problem ? [clean(problem.message, 300), clean(problem.hint, 300)].filter(Boolean).join(' ') : '';
  setText(place, asks ? say('side.asking', { host: hostOf(profile.issuer) }) : text);
  place.classList.toggle('ja-is-problem', Boolean(problem) && !asks);
}

function fileOf(profile: Profile): string {
  return clean(profile.faults[0]?.file ?? '');
}

