import { drawing, part } from '../interaction/icons';

const DOTS = {
  ok: { tag: 'circle', attributes: { cx: '4', cy: '4', r: '4', fill: 'currentColor' } },
  warn: { tag: 'path', attributes: { d: 'M4 0 8 8H0z', fill: 'currentColor' } },
  bad: { tag: 'path', attributes: { d: 'M0 0h8v8H0z', fill: 'currentColor' } },
  none: {
    tag: 'circle',
    attributes: { cx: '4', cy: '4', r: '3', fill: 'none', stroke: 'currentColor', 'stroke-width': '1.5' }
  },
  app: { tag: 'path', attributes: { d: 'M4 0l4 4-4 4-4-4z', fill: 'currentColor' } }
} as const;

export type DotName = keyof typeof DOTS;
const DOT_CLASS = { ok: 'ja-is-ok', warn: 'ja-is-warn', bad: 'ja-is-bad', none: 'ja-is-soft', app: 'ja-is-soft' };

/** A state's mark: each has a shape of its own. */
export function dot(shape: DotName): SVGElement {
  const svg = drawing('0 0 8 8', DOT_CLASS[shape]);
  svg.append(part(DOTS[shape].tag, DOTS[shape].attributes));
  return svg;
}

const ROUND = 2 * Math.PI * 8;

/** The ring of a token's time left. */
export class Ring {
  readonly node = drawing('0 0 20 20', 'ja-ring');
  private readonly track = part('circle', { class: 'ja-ring-track', cx: '10', cy: '10', r: '8' });
  private readonly left = part('circle', { class: 'ja-ring-left', cx: '10', cy: '10', r: '8' });

  constructor() {
    this.node.append(this.track, this.left);
  }

  /** `part` in [0, 1]; short ones warn, ended ones are dashed. */
  show(share: number, isShort: boolean): void {
    const length = Math.max(share * ROUND, share > 0 ? 2 : 0);
    change(this.node, { class: `ja-ring ${isShort ? 'ja-is-warn' : 'ja-is-accent'}` });
    change(this.track, { 'stroke-dasharray': share > 0 ? 'none' : '2 3' });
    change(this.left, {
      'stroke-dasharray': `${length.toFixed(1)} ${ROUND.toFixed(1)}`,
      visibility: share > 0 ? 'visible' : 'hidden'
    });
  }
}

function change(element: Element, attributes: Record<string, string>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (element.getAttribute(name) !== value) {
      element.setAttribute(name, value);
    }
  }
}
