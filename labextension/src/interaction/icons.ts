const SVG = 'http://www.w3.org/2000/svg';

/** The lines of every drawing, on a field of 16 by 16. */
export const SHAPES = {
  alert: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 4.8v4M8 11v.2',
  browser: 'M3 3h10a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM2 6h12M4 4.5h.2M6 4.5h.2',
  check: 'm3 8.5 3.2 3.2L13 4.8',
  chevron: 'm4 6 4 4 4-4',
  chip:
    'M5 4h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM6.5 4V2M9.5 4V2M6.5 14v-2M9.5 14v-2M4 6.5H2M4 9.5H2M14 6.5h-2M14 9.5h-2',
  clock: 'M8 2a6 6 0 1 0 .001 0M8 4.5V8l2.5 1.5',
  copy: 'M6.5 5.5h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-6a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1zM10.5 3.5v-1h-8v8h1',
  cross: 'm4 4 8 8M12 4l-8 8',
  done: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM5.2 8.2l2 2 3.6-4',
  gear:
    'M8 5.8a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4zM8 1.8v2M8 12.2v2M1.8 8h2M12.2 8h2M3.6 3.6 5 5M11 11l1.4 1.4M12.4 3.6 11 5M5 11l-1.4 1.4',
  key: 'M5 8a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM7.2 8.8l6.3-6.3M11 5l2 2M9 7l1.5 1.5',
  lock: 'M4 7h8a1 1 0 0 1 1 1v5a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1zM5 7V5a3 3 0 0 1 6 0v2',
  lost: 'M2 2l12 12M5 9.8a4.3 4.3 0 0 1 2-1.1M3 7a7.5 7.5 0 0 1 2.6-1.7M8.5 4.6A7.6 7.6 0 0 1 13 7M8 12.5h.1',
  more: 'M3 8h1M7.5 8h1M12 8h1',
  notebook: 'M4 2h8a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V3a1 1 0 0 1 1-1zM5.5 2v12M8 5.5h2.5',
  open: 'M9.5 2.5h4v4M13.5 2.5 7.5 8.5M6.5 3.5h-4v10h10v-4',
  plus: 'M8 3v10M3 8h10',
  qr: 'M2.5 2.5h4v4h-4zM9.5 2.5h4v4h-4zM2.5 9.5h4v4h-4zM9.5 9.5H11V11M13.5 9.5v1M9.5 13.5h1M13 13.5h.5',
  refresh: 'M13 8a5 5 0 1 1-1.5-3.6M13 2.5v3h-3',
  refused: 'M8 2a6 6 0 1 0 .001 0M4 12l8-8',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.5 10.5l3.5 3.5',
  shield: 'M8 1.8 13 3.6v4.2c0 3-2 5.2-5 6.4-3-1.2-5-3.4-5-6.4V3.6zM8 5v3.6M8 10.8v.2',
  trash: 'M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.5 9h6l.5-9',
  warning: 'M8 2.2 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.2'
} as const;

export type IconName = keyof typeof SHAPES;

/** A drawing of 16 px in the text's colour, or in that of a class; hidden from assistive technology. */
export function icon(name: IconName, classes = ''): SVGElement {
  const svg = drawing('0 0 16 16', `ja-icon ${classes}`.trim());
  const width = name === 'more' ? '2.4' : '1.5';
  const line = { 'stroke-width': width, 'stroke-linecap': 'round', 'stroke-linejoin': 'round' };
  svg.append(part('path', { d: SHAPES[name], fill: 'none', stroke: 'currentColor', ...line }));
  return svg;
}

/** An empty drawing that says nothing by itself. */
export function drawing(viewBox: string, classes: string): SVGElement {
  return part('svg', { viewBox, class: classes, 'aria-hidden': 'true', focusable: 'false' });
}

/** An element of a drawing. */
export function part(tag: string, attributes: Record<string, string>): SVGElement {
  const element = document.createElementNS(SVG, tag) as SVGElement;
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  return element;
}
