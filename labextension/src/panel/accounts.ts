import { byProfile, filtered, MANY, type Filtered, type ProfileView } from '../model/select';
import type { State } from '../model/state';
import type { Account, Profile } from '../model/types';
import type { Context } from './context';
import { arrange, h, Keyed, setText, type View } from './dom';
import { icon } from '../interaction/icons';
import { RowList } from './list';
import { AccountRow, ProfileBlock, ProfileRow } from './profiles';
import { Section } from './section';

type AccountOf = { account: Account; profile: Profile };

/** Who is signed in, by profile; from ten profiles on one line each, with a filter. */
export class Accounts {
  readonly section: Section;
  private readonly blocks: Keyed<ProfileView>;
  private readonly few = h('div', 'ja-profs');
  private many: Many | null = null;
  private views: ProfileView[] = [];

  constructor(
    private readonly context: Context,
    private readonly scroller: Element,
    private readonly drawn: () => void,
    folded: (id: string, isFolded: boolean) => void
  ) {
    this.section = new Section('accounts', context.say('side.section.accounts'), folded);
    this.blocks = new Keyed<ProfileView>(
      view => view.profile.name,
      () => new ProfileBlock(context)
    );
  }

  update({ data }: State): void {
    this.views = byProfile(data);
    this.section.setCount(data.accounts.length);
    this.section.setShown(this.views.length > 0);
    if (this.views.length < MANY) {
      arrange(this.few, this.blocks.update(this.views));
      arrange(this.section.body, [this.few]);
      return;
    }
    this.many ??= new Many(this.context, this.scroller, this.drawn);
    this.many.update(this.views);
    arrange(this.section.body, [this.many.node]);
  }
}

class Many {
  readonly node = h('div');
  private readonly input: HTMLInputElement;
  private readonly result = h('p', 'ja-group', { role: 'status' });
  private readonly signedInHead = h('p', 'ja-group');
  private readonly othersHead = h('p', 'ja-group');
  private readonly signedIn: RowList<AccountOf>;
  private readonly others: RowList<Profile>;
  private views: readonly ProfileView[] = [];

  constructor(
    private readonly context: Context,
    scroller: Element,
    drawn: () => void
  ) {
    const { say } = context;
    this.input = h('input', 'ja-input', {
      type: 'search',
      placeholder: say('filter.placeholder'),
      'aria-label': say('filter.label')
    });
    this.input.addEventListener('input', () => this.draw());
    this.signedIn = new RowList<AccountOf>({
      label: say('side.state.signedIn'),
      scroller,
      drawn,
      estimate: 44,
      key: ({ account }) => `${account.profile}\n${account.home_account_id}`,
      make: () => new NamedAccount(context)
    });
    this.others = new RowList<Profile>({
      label: say('side.state.none'),
      scroller,
      drawn,
      estimate: 28,
      key: profile => profile.name,
      make: () => new ProfileRow(context)
    });
  }

  update(views: readonly ProfileView[]): void {
    this.views = views;
    this.draw();
  }

  private draw(): void {
    const { say } = this.context;
    const text = this.input.value;
    const found: Filtered = filtered(this.views, text);
    this.signedIn.update(found.signedIn);
    this.others.update(found.others);
    setText(this.signedInHead, say('group.signedIn', { count: found.signedIn.length }));
    setText(this.othersHead, say('group.none', { count: found.others.length }));
    const told = found.shown ? 'filter.result' : 'empty.filter';
    setText(this.result, text ? say(told, { shown: found.shown, count: this.views.length }) : '');
    const groups = [
      ...(found.signedIn.length ? [this.signedInHead, this.signedIn.node] : []),
      ...(found.others.length ? [this.othersHead, this.others.node] : [])
    ];
    arrange(this.node, [this.filter(), this.result, ...groups]);
  }

  private filterNode: HTMLElement | null = null;
  private filter(): HTMLElement {
    this.filterNode ??= h('div', 'ja-filter', {}, icon('search'), this.input);
    return this.filterNode;
  }
}

/** An account's row that names its profile. */
class NamedAccount implements View<AccountOf> {
  private readonly row: AccountRow;
  readonly node: HTMLElement;

  constructor(context: Context) {
    this.row = new AccountRow(context, true);
    this.node = this.row.node;
  }

  update({ account }: AccountOf): void {
    this.row.update(account);
  }
}
