import { usingKernels } from '../model/select';
import type { State } from '../model/state';
import type { Kernel, Profile } from '../model/types';
import type { Context } from './context';
import { arrange, h } from './dom';
import { KernelRow } from './kernel-row';
import { RowList } from './list';
import { Section } from './section';

/** Which notebooks use what, and which may. */
export class Notebooks {
  readonly section: Section;
  private readonly rows: RowList<Kernel>;
  private readonly empty: HTMLElement;
  private profiles: readonly Profile[] = [];

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
      make: () => new KernelRow(context, () => this.profiles)
    });
  }

  update({ data, known }: State): void {
    const kernels = usingKernels(data.kernels);
    this.profiles = data.profiles;
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
