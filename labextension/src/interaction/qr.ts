import { part } from './icons';

const QUIET = 4; // modules of margin that a camera needs (ISO/IEC 18004)

/** A QR code of `text`, named `label`. The library is loaded when the first one is asked for. */
export async function qrCode(text: string, label: string): Promise<SVGSVGElement> {
  const { encode } = await import('uqr');
  const { data, size } = encode(text, { ecc: 'M', border: 0 });
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const whole = size + 2 * QUIET;
  svg.setAttribute('viewBox', `0 0 ${whole} ${whole}`);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  svg.setAttribute('shape-rendering', 'crispEdges');
  svg.append(part('path', { d: data.flatMap((row, y) => dark(row, y)).join(''), fill: 'currentColor' }));
  return svg;
}

function dark(row: boolean[], y: number): string[] {
  return row.flatMap((isDark, x) => (isDark ? [`M${x + QUIET} ${y + QUIET}h1v1h-1z`] : []));
}
