import { ago } from '../model/times';
import { lastUse } from '../model/select';
import { standings, type Standing } from '../model/standing';
import { baseName, clean } from '../model/text';
import type { Kernel, Profile } from '../model/types';
import type { Context } from './context';
import { iconButton, labelled } from './controls';
import { arrange, focusedNear, h, Keyed, setAttribute, setText, type View } from './dom';
import { icon } from '../interaction/icons';
import { StandingRow, type Stands } from './standing-row';

/** A notebook, or a kernel without one: what it uses freely in one line, and each profile with a rule in a line of its own. */
export class KernelRow implements View<Kernel> {
  readonly node: HTMLElement;
  private readonly title = h('bdi');
  private readonly use = h('div', 'ja-meta');
  private readonly more = h('div', 'ja-meta');
  private readonly main: HTMLElement;
  private readonly menu: HTMLButtonElement;
  private readonly ruled: Keyed<Stands>;
  private readonly list = h('div', 'ja-standings');
  private readonly refusal = h('p', 'ja-refusal ja-is-problem', { role: 'alert' });
  private readonly icon = icon('notebook', 'ja-row-icon');
  private kernel: Kernel | null = null;
  private free: Standing[] = [];
  private name = '';

  constructor(
    private readonly context: Context,
    private readonly profiles: () => readonly Profile[]
  ) {
    this.main = h('div', 'ja-row-main', {}, h('div', 'ja-1line', {}, this.title));
    this.menu = iconButton('more', '', () => this.openMenu(), true);
    this.menu.setAttribute('aria-haspopup', 'menu');
    this.node = h('div', 'ja-row ja-notebook');
    this.ruled = new Keyed<Stands>(
      ({ standing }) => standing.profile,
      () => new StandingRow(context)
    );
  }

  update(kernel: Kernel): void {
    const focused = focusedNear(this.node);
    const hadFocus = this.node.contains(focused);
    this.kernel = kernel;
    this.drawName(kernel);
    const all = standings(kernel, this.profiles());
    this.free = all.filter(({ stand }) => stand === 'free');
    const ruled = all.filter(({ stand }) => stand !== 'free');
    arrange(this.list, this.ruled.update(ruled.map(standing => ({ kernel, name: this.name, standing }))));
    const refused = this.free.map(({ profile }) => this.context.actions.refused.get(this.keyOf(profile))).find(Boolean);
    setText(this.refusal, clean(refused?.message, 240));
    arrange(this.node, [
      this.icon,
      this.main,
      ...(this.free.length ? [this.menu] : []),
      ...(refused ? [this.refusal] : []),
      ...(ruled.length ? [this.list] : [])
    ]);
    this.tick();
    if (hadFocus && !this.node.contains(focused)) {
      this.node.focus({ preventScroll: true }); // what had it has done its work
    }
  }

  tick(): void {
    const { say, now } = this.context;
    const kernel = this.kernel as Kernel;
    const away = kernel.connected ? '' : say('side.notebook.away');
    if (this.free.length) {
      const uses = this.free.flatMap(({ use }) => use ?? []);
      const profiles = uses.map(use => clean(use.profile)).join(', ');
      const last = lastUse({ ...kernel, profiles: uses, grants: [] });
      setText(this.use, say('side.notebook.used', { profiles, time: ago(now() - last, say) }));
      setAttribute(this.use, 'title', uses.map(use => this.detail(use.profile, use.count)).join('\n'));
    }
    const count = this.free.reduce((sum, { use }) => sum + (use?.count ?? 0), 0);
    const times = this.free.length ? say('side.notebook.times', {}, count) : '';
    setText(this.more, [times, away].filter(Boolean).join(' · '));
    const lines = [...(this.free.length ? [this.use] : []), ...(this.more.textContent ? [this.more] : [])];
    arrange(this.main, [this.main.firstElementChild as Element, ...lines]);
    for (const view of this.ruled.all()) {
      (view as StandingRow).tick();
    }
  }

  private drawName(kernel: Kernel): void {
    const { say } = this.context;
    const path = clean(kernel.notebook, 300);
    const named = clean(kernel.kernel_name);
    const unnamed = named ? say('side.notebook.kernel', { kernel: named }) : say('side.notebook.unknown');
    this.name = path ? baseName(path) : unnamed;
    setText(this.title, this.name);
    setAttribute(this.title, 'title', path || unnamed);
    labelled(this.menu, say('side.more', { name: this.name }));
  }

  private openMenu(): void {
    const { say, menu } = this.context;
    const hasNotebook = Boolean(this.kernel?.notebook);
    const items = this.free.map(({ profile }) => {
      const values = { profile: clean(profile) };
      const key = hasNotebook ? 'side.notebook.block' : 'side.notebook.blockKernel';
      return { icon: 'refused' as const, text: say(key, values), act: () => this.block(profile) };
    });
    menu(this.menu, say('side.more', { name: this.name }), items);
  }

  private block(profile: string): void {
    const { say, actions } = this.context;
    const done = say('a11y.blocked', { notebook: this.name, profile: clean(profile) });
    void actions.block(this.kernel as Kernel, profile, done);
  }

  private keyOf(profile: string): string {
    return this.context.actions.keyOf(this.kernel as Kernel, profile);
  }

  private detail(profile: string, count: number): string {
    return `${clean(profile)}: ${this.context.say('side.notebook.times', {}, count)}`;
  }
}
