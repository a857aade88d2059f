const SVG = 'http://www.w3.org/2000/svg';

const PATHS = {
  key: 'M5 8a3 3 0 1 0 .001 0M7.2 8.8 13.5 2.5M11 5l2 2M9 7l1.5 1.5',
  clock: 'M8 2a6 6 0 1 0 .001 0M8 4.5V8l2.5 1.5',
  alert: 'M8 2a6 6 0 1 0 .001 0M8 4.8v4M8 11v.2',
  refused: 'M8 2a6 6 0 1 0 .001 0M4 12l8-8',
  again: 'M13 8a5 5 0 1 1-1.5-3.6M13 2.5v3h-3',
  offline:
    'M2 2l12 12M5 9.8a4.3 4.3 0 0 1 2-1.1M3 7a7.5 7.5 0 0 1 2.6-1.7M8.5 4.6A7.6 7.6 0 0 1 13 7M8 12.5h.1',
  shield: 'M8 1.8 13 3.6v4.2c0 3-2 5.2-5 6.4-3-1.2-5-3.4-5-6.4V3.6zM8 5v3.6M8 10.8v.2',
  open: 'M9.5 2.5h4v4M13.5 2.5 7.5 8.5M6.5 3.5h-4v10h10v-4',
  tick: 'm3 8.5 3.2 3.2L13 4.8',
  cross: 'm4 4 8 8M12 4l-8 8',
  copy: 'M6.5 5.5h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-6a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1zM10.5 3.5v-1h-8v8h1',
  qr: 'M2.5 2.5h4v4h-4zM9.5 2.5h4v4h-4zM2.5 9.5h4v4h-4zM9.5 9.5H11V11M13.5 9.5v1M9.5 13.5h1M13 13.5h.5'
} as const;

export type IconName = keyof typeof PATHS;

/** A drawing of 16 px in the text's colour, or in that of `tone`; hidden from assistive technology. */
export function icon(name: IconName, tone = ''): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  const attributes = {
    class: tone ? `icon is-${tone}` : 'icon',
    viewBox: '0 0 16 16',
    fill: 'none',
    stroke: 'currentColor',
    'stroke-width': '1.5',
    'stroke-linecap': 'round',
    'stroke-linejoin': 'round',
    'aria-hidden': 'true',
    focusable: 'false'
  };
  for (const [key, value] of Object.entries(attributes)) {
    svg.setAttribute(key, value);
  }
  svg.append(path(PATHS[name]));
  return svg;
}

/** A path of an SVG drawing. */
export function path(d: string): SVGPathElement {
  const drawn = document.createElementNS(SVG, 'path');
  drawn.setAttribute('d', d);
  return drawn;
}
