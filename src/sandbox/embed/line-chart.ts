import type { Series } from './layout.ts';
import { shortNumber, ticks } from './numbers.ts';
import { label, svg } from './svg.ts';

const HEIGHT = 240;
const MARGIN = { top: 12, right: 16, bottom: 28, left: 52 };
const ROOM_FOR_LABEL = 64;

/** A line over an axis from zero; as many of the labels below it as there is room for. */
export function lineChart({ points }: Series, width: number): { height: number; shapes: SVGElement[] } {
  const steps = ticks(Math.max(...points.map(({ value }) => value)));
  const max = steps.at(-1) ?? 1;
  const inner = { width: width - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
  const x = (index: number) =>
    MARGIN.left + (points.length < 2 ? 0.5 : index / (points.length - 1)) * inner.width;
  const y = (value: number) => MARGIN.top + (1 - value / max) * inner.height;
  const places = points.map(({ value }, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`);
  const every = Math.ceil((points.length * ROOM_FOR_LABEL) / Math.max(inner.width, ROOM_FOR_LABEL));

  const grid = steps.flatMap((step) => [
    svg('line', { class: 'grid', x1: MARGIN.left, x2: width - MARGIN.right, y1: y(step), y2: y(step) }),
    label(shortNumber(step), { x: MARGIN.left - 8, y: y(step) + 4, anchor: 'end', class: 'quiet' }),
  ]);
  const names = points.flatMap((point, index) =>
    index % every === 0
      ? [label(point.label, { x: x(index), y: HEIGHT - 8, anchor: 'middle', class: 'quiet' })]
      : [],
  );
  const shapes = [
    ...grid,
    ...names,
    svg('polygon', {
      class: 'area',
      points: [`${x(0)},${y(0)}`, ...places, `${x(points.length - 1)},${y(0)}`].join(' '),
    }),
    svg('polyline', { class: 'line', points: places.join(' ') }),
    ...points.map(({ value }, index) => svg('circle', { class: 'dot', cx: x(index), cy: y(value), r: 3 })),
  ];
  return { height: HEIGHT, shapes };
}
