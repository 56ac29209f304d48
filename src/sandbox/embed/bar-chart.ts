import type { Series } from './layout.ts';
import { fullNumber } from './numbers.ts';
import { label, svg } from './svg.ts';

const ROW = 40;
const LABELS = 118;
const NUMBERS = 84;

/** Horizontal bars from zero, each with its number: labels stay readable at any width. */
export function barChart({ points }: Series, width: number): { height: number; shapes: SVGElement[] } {
  const max = Math.max(...points.map(({ value }) => value)) || 1;
  const room = Math.max(width - LABELS - NUMBERS, 20);
  const shapes = points.flatMap((point, row) => {
    const length = (Math.max(point.value, 0) / max) * room;
    const middle = row * ROW + ROW / 2;
    return [
      label(point.label, { x: LABELS - 10, y: middle + 4, anchor: 'end' }),
      svg('rect', { class: 'bar', x: LABELS, y: middle - 12, width: length, height: 24, rx: 3 }),
      label(fullNumber(point.value), { x: LABELS + length + 8, y: middle + 4, class: 'value' }),
    ];
  });
  const axis = svg('line', { class: 'grid', x1: LABELS, x2: LABELS, y1: 0, y2: points.length * ROW });
  return { height: points.length * ROW, shapes: [...shapes, axis] };
}
