import { cacheLine, storeLine } from '../model/summary';
import type { State } from '../model/state';
import type { Ended } from './actions';
import type { Context } from './context';
import { button } from './controls';
import { focusedNear, h, setAttribute, setText } from './dom';
import { icon } from '../interaction/icons';
import { busySheet, confirmSheet, failedSheet, resultSheet } from './sheets';

/** The foot: where sign-ins are kept, and Clear cache…, whose confirmation and result take its place. */
export class Foot {
  readonly node = h('div', 'ja-foot-place');
  private readonly line = h('span');
  private readonly store = h('p', 'ja-store');
  private readonly cache = h('p', 'ja-counted ja-soft');
  private readonly clearButton: HTMLButtonElement;
  private readonly base: HTMLElement;
  private state: State | null = null;
  private shape = '';

  constructor(private readonly context: Context) {
    const open = (): void => this.confirm();
    this.clearButton = button(context.say('clear.button'), open, { needsServer: true });
    this.base = h('div', 'ja-base', {}, h('div', '', {}, this.store, this.cache), this.clearButton);
    this.node.append(this.base);
    context.actions.ended = ended => this.show(ended);
    this.node.addEventListener('keydown', event => {
      if (event.key === 'Escape' && this.node.querySelector('[role=alertdialog]')) {
        event.stopPropagation();
        this.close();
      }
    });
  }

  update(state: State): void {
    this.state = state;
    this.node.toggleAttribute('hidden', state.connection === 'login-ended' || !state.data.status);
    const { key, icon: shape, warns } = storeLine(state);
    if (`${shape}${warns}` !== this.shape) {
      this.shape = `${shape}${warns}`;
      this.store.replaceChildren(icon(shape, warns ? 'ja-is-warn' : ''), this.line);
    }
    setText(this.line, this.context.say(key));
    const counted = cacheLine(state, this.context.say);
    this.cache.hidden = !counted;
    setText(this.cache, counted?.text ?? '');
    setAttribute(this.cache, 'title', counted?.details ?? '');
    // why the key is where it is, place by place
    this.store.title = (state.data.status?.store.key_sources ?? []).join('\n');
  }

  /** Ask whether the cache is to be cleared. */
  confirm(): void {
    if (!this.state || this.node.hidden || this.clearButton.getAttribute('aria-disabled') === 'true') {
      return;
    }
    const clear = (revoke: boolean): void => {
      this.put(busySheet(this.context, this.state as State, revoke));
      void this.context.actions.clear(revoke);
    };
    const sheet = confirmSheet(this.context, this.state, clear, () => this.close());
    this.put(sheet);
    sheet.querySelector<HTMLElement>('.ja-keep')?.focus();
  }

  private show(ended: Ended): void {
    const close = (): void => this.close();
    const isReport = 'report' in ended;
    const sheet = isReport ? resultSheet(this.context, ended, close) : failedSheet(this.context, ended, close);
    const focused = focusedNear(this.node);
    const wasHere = this.node.contains(focused) || focused === document.body;
    this.put(sheet);
    if (wasHere) {
      sheet.querySelector<HTMLElement>('.ja-close')?.focus();
    }
  }

  private close(): void {
    this.put(this.base);
    this.clearButton.focus();
  }

  private put(content: HTMLElement): void {
    const hadFocus = this.node.contains(focusedNear(this.node));
    this.node.replaceChildren(content);
    if (hadFocus && content.getAttribute('aria-busy') === 'true') {
      content.focus();
    }
  }
}
