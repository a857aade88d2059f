import { LabIcon } from '@jupyterlab/ui-components';

const SVG = 'http://www.w3.org/2000/svg';

const SHAPES = {
  alert: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 4.8v4M8 11v.2',
  browser: 'M3 3h10a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM2 6h12M4 4.5h.2M6 4.5h.2',
  check: 'm3 8.5 3.2 3.2L13 4.8',
  chevron: 'm4 6 4 4 4-4',
  chip: 'M5 4h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM6.5 4V2M9.5 4V2M6.5 14v-2M9.5 14v-2M4 6.5H2M4 9.5H2M14 6.5h-2M14 9.5h-2',
  copy: 'M6.5 5.5h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-6a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1zM10.5 3.5v-1h-8v8h1',
  cross: 'm4 4 8 8M12 4l-8 8',
  done: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM5.2 8.2l2 2 3.6-4',
  gear: 'M8 5.8a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4zM8 1.8v2M8 12.2v2M1.8 8h2M12.2 8h2M3.6 3.6 5 5M11 11l1.4 1.4M12.4 3.6 11 5M5 11l-1.4 1.4',
  key: 'M5 8a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM7.2 8.8l6.3-6.3M11 5l2 2M9 7l1.5 1.5',
  lock: 'M4 7h8a1 1 0 0 1 1 1v5a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1zM5 7V5a3 3 0 0 1 6 0v2',
  lost: 'M2 2l12 12M5 9.8a4.3 4.3 0 0 1 2-1.1M3 7a7.5 7.5 0 0 1 2.6-1.7M8.5 4.6A7.6 7.6 0 0 1 13 7M8 12.5h.1',
  more: 'M3 8h1M7.5 8h1M12 8h1',
  notebook: 'M4 2h8a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V3a1 1 0 0 1 1-1zM5.5 2v12M8 5.5h2.5',
  plus: 'M8 3v10M3 8h10',
  refresh: 'M13 8a5 5 0 1 1-1.5-3.6M13 2.5v3h-3',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.5 10.5l3.5 3.5',
  trash: 'M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.5 9h6l.5-9',
  warning: 'M8 2.2 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.2'
} as const;

export type IconName = keyof typeof SHAPES;

/** The application's own icon for the panel's tab; its lines take the colour that the theme gives to icons. */
export const keyIcon = new LabIcon({
  name: 'jupyter-token-broker:key',
  svgstr: `<svg xmlns="${SVG}" width="16" viewBox="0 0 16 16"><path class="jp-icon3" fill="none" stroke="#616161" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" d="${SHAPES.key}"/></svg>`
});

/** An icon of 16 px that says nothing by itself. */
export function icon(shape: IconName, classes = ''): SVGElement {
  const svg = blank('0 0 16 16', `ja-icon ${classes}`.trim());
  const path = part('path', { d: SHAPES[shape], fill: 'none', stroke: 'currentColor' });
  setAll(path, { 'stroke-width': shape === 'more' ? '2.4' : '1.5', 'stroke-linecap': 'round' });
  setAll(path, { 'stroke-linejoin': 'round' });
  svg.append(path);
  return svg;
}

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
  const svg = blank('0 0 8 8', DOT_CLASS[shape]);
  svg.append(part(DOTS[shape].tag, DOTS[shape].attributes));
  return svg;
}

const ROUND = 2 * Math.PI * 8;

/** The ring of a token's time left. */
export class Ring {
  readonly node = blank('0 0 20 20', 'ja-ring');
  private readonly track = part('circle', { class: 'ja-ring-track', cx: '10', cy: '10', r: '8' });
  private readonly left = part('circle', { class: 'ja-ring-left', cx: '10', cy: '10', r: '8' });

  constructor() {
    this.node.append(this.track, this.left);
  }

  /** `part` in [0, 1]; short ones warn, ended ones are dashed. */
  show(share: number, isShort: boolean): void {
    const length = Math.max(share * ROUND, share > 0 ? 2 : 0);
    setAll(this.node, { class: `ja-ring ${isShort ? 'ja-is-warn' : 'ja-is-accent'}` });
    setAll(this.track, { 'stroke-dasharray': share > 0 ? 'none' : '2 3' });
    setAll(this.left, {
      'stroke-dasharray': `${length.toFixed(1)} ${ROUND.toFixed(1)}`,
      visibility: share > 0 ? 'visible' : 'hidden'
    });
  }
}

function blank(viewBox: string, classes: string): SVGElement {
  return part('svg', { viewBox, class: classes, 'aria-hidden': 'true', focusable: 'false' });
}

function part(tag: string, attributes: Record<string, string>): SVGElement {
  const element = document.createElementNS(SVG, tag) as SVGElement;
  setAll(element, attributes);
  return element;
}

function setAll(element: Element, attributes: Record<string, string>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (element.getAttribute(name) !== value) {
      element.setAttribute(name, value);
    }
  }
}
