import { ago, duration } from '../model/times';
import { clean } from '../model/text';
import type { State } from '../model/state';
import type { Context } from './context';
import { button } from './controls';
import { h, sentence, setText } from './dom';
import { icon, type IconName } from '../interaction/icons';

export type BannerKind = 'none' | 'lost' | 'login' | 'problem' | 'broker' | 'locked' | 'unsaved' | 'notes';

/** What stands above everything: the one thing that is wrong with the whole. */
export class Banner {
  readonly node = h('div', 'ja-banner-place');
  private readonly live = h('p');
  private shape = '';

  constructor(
    private readonly context: Context,
    private readonly logIn: () => void
  ) {}

  /** Gives back what is to be told to who does not see it; null where that has not changed. */
  update(state: State): string | null {
    const kind = kindOf(state);
    const notes = state.data.status?.store.notes ?? [];
    const trouble = state.data.status?.broker.problem ?? '';
    const shape = JSON.stringify([kind, state.problem?.message, trouble, notes]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.node.replaceChildren(...this.contents(kind, state, notes));
      this.tick(state);
      return Array.from(this.node.querySelectorAll('p'), text => text.textContent).join(' ');
    }
    this.tick(state);
    return null;
  }

  /** Let the times in it go on; true while there are any. */
  tick(state: State): boolean {
    if (kindOf(state) !== 'lost') {
      return false;
    }
    const { say } = this.context;
    const now = Date.now(); // of this page, as the two times are
    const time = ago((now - state.knownAt) / 1000, say);
    const left = state.nextTry === null ? 0 : (state.nextTry - now) / 1000;
    setText(this.live, say('net.lost.text', { time, retry: duration(Math.max(left, 0), say) }));
    return true;
  }

  private contents(kind: BannerKind, state: State, notes: readonly string[]): HTMLElement[] {
    const { say, store } = this.context;
    const again = (key: string): HTMLElement =>
      button(say(key), () => store.refresh(), { icon: 'refresh' });
    switch (kind) {
      case 'none':
        return [];
      case 'lost':
        return [this.block('lost', say('net.lost.title'), [this.live], again('net.lost.retry'))];
      case 'login': {
        const action = button(say('net.login.action'), this.logIn, { classes: 'ja-btn-primary' });
        return [this.block('key', say('net.login.title'), [paragraph(say('net.login.text'))], action)];
      }
      case 'problem':
        return [this.block('alert', say('net.problem.title'), this.problem(state), again('net.problem.retry'))];
      case 'broker': {
        const text = clean(state.data.status?.broker.problem, 400);
        return [this.block('warning', say('net.broker.title'), [paragraph(text)], null)];
      }
      case 'locked': {
        const texts = [say('lock.held'), ...notes.map(note => clean(note, 400)), say('lock.until')];
        return [this.block('lock', say('lock.title'), texts.map(paragraph), null)];
      }
      case 'notes':
        return [this.block('warning', say('store.notes.other'), notes.map(n => paragraph(clean(n, 400))), null)];
      case 'unsaved':
        return [this.block('warning', say('store.notes.title'), notes.map(n => paragraph(clean(n, 400))), null)];
    }
  }

  private problem({ problem }: State): HTMLElement[] {
    if (problem?.status === 404) {
      return [paragraph(this.context.say('net.missing'))];
    }
    return [problem?.message, problem?.hint].filter(Boolean).map(text => paragraph(clean(text, 300)));
  }

  private block(shape: IconName, title: string, texts: HTMLElement[], action: HTMLElement | null): HTMLElement {
    const words = h('div', '', {}, h('p', '', {}, h('strong', '', {}, title)), ...texts);
    const actions = action ? h('div', 'ja-actions', {}, action) : null;
    return h('div', 'ja-banner', {}, icon(shape, 'ja-is-warn'), words, actions);
  }
}

function paragraph(text: string): HTMLElement {
  return h('p', '', {}, sentence([text]));
}

export function kindOf({ connection, problem, data }: State): BannerKind {
  if (connection === 'login-ended') {
    return 'login';
  }
  if (connection === 'lost') {
    return 'lost';
  }
  if (problem) {
    return 'problem';
  }
  if (data.status?.broker.problem) {
    return 'broker';
  }
  if (data.status?.store.locked) {
    return 'locked';
  }
  if (!data.status?.store.notes.length) {
    return 'none';
  }
  return data.status.store.name === 'memory' ? 'unsaved' : 'notes';
}
