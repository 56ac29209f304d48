import type { Draw } from './drawing.ts';
import type { Point } from './layout.ts';
import { shortNumber, textOf, ticks } from './numbers.ts';
import { label, svg } from './svg.ts';
import { font, linesOf, textWidth } from './text-width.ts';

const SIZE = 12;
const ABOVE = 10;
const BESIDE = 12;
const LINE = 15;
const LEAST_HEIGHT = 120;
const BETWEEN_LABELS = 14;

/** A line over an axis from zero; as many of the labels below it as there is room for. */
export const lineChart: Draw = ({ points, format }, room) => {
  const height = Math.max(room.height, LEAST_HEIGHT);
  const steps = ticks(Math.max(...points.map(({ value }) => value)));
  const max = steps.at(-1) ?? 1;
  const scale = steps.map((step) => textOf(shortNumber(step, format)));
  const left = Math.max(...scale.map((text) => textWidth(text, font(SIZE)))) + 8;
  const bottom = points.some(({ label: { under } }) => under !== '') ? 2 * LINE + 6 : LINE + 6;
  const inner = { width: room.width - left - BESIDE, height: height - ABOVE - bottom };
  const step = inner.width / Math.max(points.length - 1, 1);
  const x = (index: number) => left + (points.length < 2 ? inner.width / 2 : index * step);
  const y = (value: number) => ABOVE + (1 - value / max) * inner.height;
  const places = points.map(({ value }, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`);

  const grid = steps.flatMap((value, index) => [
    svg('line', { class: 'grid', x1: left, x2: room.width - BESIDE, y1: y(value), y2: y(value) }),
    label(scale[index] ?? '', { x: left - 8, y: y(value) + 4, anchor: 'end', class: 'quiet' }),
  ]);
  const marks = points.map(({ value }, index) => ({
    guide: svg('line', { class: 'guide', x1: x(index), x2: x(index), y1: ABOVE, y2: y(0) }),
    dot: svg('circle', { class: 'dot', cx: x(index), cy: y(value), r: 3 }),
  }));
  return {
    height,
    shapes: [
      ...grid,
      ...axisLabels(points, x, step, height - bottom),
      svg('polygon', {
        class: 'area',
        points: [`${x(0)},${y(0)}`, ...places, `${x(points.length - 1)},${y(0)}`].join(' '),
      }),
      ...marks.map(({ guide }) => guide),
      svg('polyline', { class: 'line', points: places.join(' ') }),
      ...marks.map(({ dot }) => dot),
    ],
    spots: points.map(({ value }, index) => ({
      area: { x: x(index) - step / 2, y: 0, width: step, height: height - bottom },
      tip: { x: x(index), y: y(value) },
      marks: Object.values(marks[index] ?? {}),
    })),
  };
};

function axisLabels(
  points: readonly Point[],
  x: (index: number) => number,
  step: number,
  top: number,
): SVGElement[] {
  const widest = Math.max(...points.map(({ label: { short } }) => textWidth(short, font(SIZE))));
  const apart = Math.min(widest + BETWEEN_LABELS, 120);
  const every = Math.max(Math.ceil(apart / step), 1);
  let before = '';
  return points.flatMap(({ label: { short, under } }, index) => {
    if (index % every !== 0) return [];
    const [text = ''] = linesOf(short, font(SIZE), every * step - 4, 1);
    const labels = [label(text, { x: x(index), y: top + LINE + 3, anchor: 'middle', class: 'quiet' })];
    if (under !== before)
      labels.push(label(under, { x: x(index), y: top + 2 * LINE + 3, anchor: 'middle', class: 'quiet' }));
    before = under;
    return labels;
  });
}
