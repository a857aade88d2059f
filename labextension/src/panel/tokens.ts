import { tellingFirst } from '../model/select';
import { ago, duration, isShort, nextTick, ringPart } from '../model/times';
import { clean } from '../model/text';
import type { State } from '../model/state';
import type { CacheEntry } from '../model/types';
import type { Context } from './context';
import { arrange, h, setAttribute, setText, type View } from './dom';
import { Ring } from './marks';
import { RowList } from './list';
import { Section } from './section';

/** The access tokens: for what, whose, how long yet. Never their values, which no page ever gets. */
export class Tokens {
  readonly section: Section;
  private readonly rows: RowList<CacheEntry>;
  private readonly empty: HTMLElement;
  private entries: readonly CacheEntry[] = [];

  constructor(
    private readonly context: Context,
    scroller: Element,
    drawn: () => void,
    folded: (id: string, isFolded: boolean) => void
  ) {
    const { say } = context;
    this.section = new Section('tokens', say('side.section.tokens'), folded);
    this.empty = h('p', 'ja-none ja-soft', {}, say('empty.tokens'));
    this.rows = new RowList<CacheEntry>({
      label: say('side.section.tokens'),
      scroller,
      drawn,
      estimate: 64,
      key: entry => [entry.profile, entry.home_account_id, ...entry.scopes].join('\n'),
      make: () => new TokenRow(context)
    });
  }

  update({ data, known }: State): void {
    this.entries = data.cache;
    this.section.setCount(data.cache.length);
    this.section.setShown(known.has('cache') && data.profiles.length > 0);
    this.rows.update(data.cache);
    arrange(this.section.body, [data.cache.length ? this.rows.node : this.empty]);
  }

  /** Let the times go on; gives back after how many ms they are to go on again. */
  tick(): number {
    for (const view of this.rows.views()) {
      (view as TokenRow).tick();
    }
    const now = this.context.now();
    return nextTick(
      this.entries.map(entry => entry.expires_on - now),
      false
    );
  }
}

class TokenRow implements View<CacheEntry> {
  readonly node: HTMLElement;
  private readonly ring = new Ring();
  private readonly scopes = h('bdi');
  private readonly spoken = h('span', 'ja-hidden');
  private readonly time = h('span', '', { 'aria-hidden': 'true' });
  private readonly whose = h('div', 'ja-meta ja-1line');
  private readonly use = h('div', 'ja-meta');
  private entry: CacheEntry | null = null;

  constructor(private readonly context: Context) {
    const scopes = h('span', 'ja-1line ja-own-way', { dir: 'auto' }, h('code', '', {}, this.scopes));
    const head = h('div', 'ja-token-head', {}, scopes, h('span', 'ja-small', {}, this.spoken, this.time));
    const main = h('div', 'ja-row-main', {}, head, this.whose, this.use);
    this.node = h('div', 'ja-row ja-token', {}, main);
    this.node.prepend(this.ring.node);
  }

  update(entry: CacheEntry): void {
    this.entry = entry;
    const scopes = tellingFirst(entry.scopes)
      .map(scope => clean(scope))
      .join(' ');
    const who = entry.home_account_id ? clean(entry.username) : this.context.say('side.token.nobody');
    const whose = [clean(entry.profile), who].filter(Boolean).join(' · ');
    setText(this.scopes, scopes);
    setAttribute(this.scopes, 'title', scopes);
    setText(this.whose, whose);
    setAttribute(this.whose, 'title', whose);
    this.tick();
  }

  tick(): void {
    const { say, now } = this.context;
    const entry = this.entry as CacheEntry;
    const left = entry.expires_on - now();
    this.ring.show(ringPart(left), isShort(left) && left > 0);
    setText(this.time, this.timeLeft(left));
    setAttribute(this.time, 'title', new Date(entry.expires_on * 1000).toLocaleString());
    setText(this.spoken, left > 0 ? say('a11y.tokenTime', { time: duration(left, say) }) : say('side.token.expired'));
    const source = say(entry.source === 'cache' ? 'side.token.fromCache' : 'side.token.fromProvider');
    setText(this.use, [source, this.lastUse(left)].filter(Boolean).join(' · '));
  }

  private timeLeft(left: number): string {
    const { say } = this.context;
    const time = left > 0 ? say('side.token.expires', { time: duration(left, say) }) : say('side.token.expired');
    return this.entry?.renewing ? `${time} · ${say('side.token.renewing')}` : time;
  }

  private lastUse(left: number): string {
    const { say, now } = this.context;
    const last = this.entry?.last_used;
    if (left <= 0) {
      return say('side.token.renews');
    }
    return last ? say('side.token.used', { time: ago(now() - last, say) }) : '';
  }
}
