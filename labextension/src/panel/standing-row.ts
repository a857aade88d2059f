import { saidOn, type Said, type Standing } from '../model/standing';
import { ago } from '../model/times';
import { clean } from '../model/text';
import type { Kernel } from '../model/types';
import type { Context } from './context';
import { button, labelled } from './controls';
import { arrange, h, setAttribute, setText, type View } from './dom';

/** A kernel and one of the profiles that it may use, or may not. */
export interface Stands {
  kernel: Kernel;
  /** What the kernel is called here. */
  name: string;
  standing: Standing;
}

/** A line below the profile's; one of names is cut where there is no room. */
interface Line {
  text: string;
  isName: boolean;
}

function drawn({ text, isName }: Line): HTMLElement {
  return isName
    ? h('div', 'ja-meta ja-1line', { title: text }, h('bdi', '', {}, text))
    : h('div', 'ja-meta', {}, text);
}

/** What there is to take back: the words of the button, and whole, and what is said when it is done. */
const TAKE_BACK = {
  allowed: ['side.notebook.stop', 'side.notebook.takeBack', 'a11y.stopped'],
  refused: ['side.notebook.again', 'side.notebook.askAgain', 'a11y.asksAgain'],
  blocked: ['side.notebook.unblock', 'side.notebook.unblockOf', 'a11y.unblocked']
} as const;

/** A profile in a notebook's row: what the notebook may do with it, and the button that takes that back. */
export class StandingRow implements View<Stands> {
  readonly node: HTMLElement;
  private readonly profile = h('bdi');
  private readonly head = h('div', 'ja-standing-head', {}, h('span', 'ja-1line', {}, this.profile));
  private readonly lines = h('div');
  private readonly time = h('div', 'ja-meta');
  private readonly refusal = h('p', 'ja-refusal ja-is-problem', { role: 'alert' });
  private readonly act: HTMLButtonElement;
  private shown: Stands | null = null;
  private signature = '';

  constructor(private readonly context: Context) {
    this.act = button('', () => this.takeBack(), { classes: 'ja-btn-quiet', needsServer: true });
    this.node = h('div', 'ja-standing', {}, this.head, this.lines, this.time);
  }

  update(shown: Stands): void {
    this.shown = shown;
    const { say, actions } = this.context;
    const { standing, kernel, name } = shown;
    setText(this.profile, clean(standing.profile));
    setAttribute(this.profile, 'title', clean(standing.profile));
    const lines = this.told(standing);
    if (JSON.stringify(lines) !== this.signature) {
      this.signature = JSON.stringify(lines);
      this.lines.replaceChildren(...lines.map(line => drawn(line)));
    }
    const words = this.words();
    if (words) {
      const values = { notebook: name, profile: clean(standing.profile) };
      setText(this.act.firstElementChild as Element, say(words[0]));
      labelled(this.act, say(words[1], values));
    }
    const refused = actions.refused.get(actions.keyOf(kernel, standing.profile));
    setText(this.refusal, refused ? clean(refused.message, 240) : '');
    arrange(this.head, [this.head.firstElementChild as Element, ...(words ? [this.act] : [])]);
    arrange(this.node, [this.head, this.lines, this.time, ...(refused ? [this.refusal] : [])]);
    this.tick();
  }

  tick(): void {
    const { say, now } = this.context;
    const { standing, kernel } = this.shown as Stands;
    const { use, profile } = standing;
    const time = ago(now() - (use ? use.last_used : saidOn(kernel, profile)), say);
    const times = use && say('side.notebook.times', {}, use.count);
    setText(this.time, use ? say('side.token.used', { time }) : say('side.notebook.asked', { time }));
    setAttribute(this.time, 'title', times);
  }

  private words(): (typeof TAKE_BACK)[keyof typeof TAKE_BACK] | null {
    const { stand, access } = (this.shown as Stands).standing;
    if (stand === 'allowed') {
      return TAKE_BACK.allowed;
    }
    const isOpen = access === 'allow';
    return stand === 'refused' || stand === 'mixed' ? TAKE_BACK[isOpen ? 'blocked' : 'refused'] : null;
  }

  private told(standing: Standing): Line[] {
    const { say } = this.context;
    if (standing.stand === 'asks' || standing.stand === 'denied') {
      return [{ text: say(standing.stand === 'asks' ? 'side.notebook.asks' : 'side.notebook.denied'), isName: false }];
    }
    return standing.said.flatMap(said => {
      const scopes = said.scopes.map(scope => clean(scope)).join(' ');
      const accounts = said.accounts.map(account => clean(account)).join(', ');
      const what = [scopes, accounts].filter(Boolean).join(' · ');
      const line = { text: say(this.key(said, standing)), isName: false };
      return what ? [line, { text: what, isName: true }] : [line];
    });
  }

  private key({ decision, remember }: Said, { access }: Standing): string {
    if (decision === 'deny' && access === 'ask') {
      return 'side.notebook.never';
    }
    const isLong = remember === 'notebook';
    if (decision === 'deny') {
      return isLong ? 'side.notebook.blockedLong' : 'side.notebook.blocked';
    }
    return isLong ? 'side.notebook.allowedLong' : 'side.notebook.allowed';
  }

  private takeBack(): void {
    const { kernel, name, standing } = this.shown as Stands;
    const words = this.words();
    if (words) {
      const done = this.context.say(words[2], { notebook: name, profile: clean(standing.profile) });
      void this.context.actions.takeBack(kernel, standing.profile, done);
    }
  }
}
