import { ago } from '../model/times';
import { lastUse, usingKernels } from '../model/select';
import { baseName, clean } from '../model/text';
import type { State } from '../model/state';
import type { Kernel } from '../model/types';
import type { Context } from './context';
import { arrange, h, setAttribute, setText, type View } from './dom';
import { icon } from '../interaction/icons';
import { RowList } from './list';
import { Section } from './section';

/** Which notebooks use what. */
export class Notebooks {
  readonly section: Section;
  private readonly rows: RowList<Kernel>;
  private readonly empty: HTMLElement;

  constructor(
    context: Context,
    scroller: Element,
    drawn: () => void,
    folded: (id: string, isFolded: boolean) => void
  ) {
    const { say } = context;
    this.section = new Section('notebooks', say('side.section.notebooks'), folded);
    this.empty = h('p', 'ja-none ja-soft', {}, say('empty.notebooks'));
    this.rows = new RowList<Kernel>({
      label: say('side.section.notebooks'),
      scroller,
      drawn,
      estimate: 60,
      key: kernel => kernel.kernel_id,
      make: () => new KernelRow(context)
    });
  }

  update({ data, known }: State): void {
    const kernels = usingKernels(data.kernels);
    this.section.setCount(kernels.length);
    this.section.setShown(known.has('kernels') && data.profiles.length > 0);
    this.rows.update(kernels);
    arrange(this.section.body, [kernels.length ? this.rows.node : this.empty]);
  }

  tick(): void {
    for (const view of this.rows.views()) {
      (view as KernelRow).tick();
    }
  }
}

class KernelRow implements View<Kernel> {
  readonly node: HTMLElement;
  private readonly title = h('bdi');
  private readonly use = h('div', 'ja-meta');
  private readonly more = h('div', 'ja-meta');
  private kernel: Kernel | null = null;

  constructor(private readonly context: Context) {
    const main = h('div', 'ja-row-main', {}, h('div', 'ja-1line', {}, this.title), this.use, this.more);
    this.node = h('div', 'ja-row', {}, main);
    this.node.prepend(icon('notebook', 'ja-row-icon'));
  }

  update(kernel: Kernel): void {
    const { say } = this.context;
    this.kernel = kernel;
    const path = clean(kernel.notebook, 300);
    const named = clean(kernel.kernel_name);
    const unnamed = named ? say('side.notebook.kernel', { kernel: named }) : say('side.notebook.unknown');
    setText(this.title, path ? baseName(path) : unnamed);
    setAttribute(this.title, 'title', path || unnamed);
    this.tick();
  }

  tick(): void {
    const { say, now } = this.context;
    const kernel = this.kernel as Kernel;
    const profiles = kernel.profiles.map(use => clean(use.profile)).join(', ');
    const text = say('side.notebook.used', { profiles, time: ago(now() - lastUse(kernel), say) });
    setText(this.use, text);
    setAttribute(this.use, 'title', kernel.profiles.map(use => this.detail(use.profile, use.count)).join('\n'));
    const count = kernel.profiles.reduce((sum, use) => sum + use.count, 0);
    const times = say('side.notebook.times', {}, count);
    setText(this.more, kernel.connected ? times : `${times} · ${say('side.notebook.away')}`);
  }

  private detail(profile: string, count: number): string {
    return `${clean(profile)}: ${this.context.say('side.notebook.times', {}, count)}`;
  }
}
