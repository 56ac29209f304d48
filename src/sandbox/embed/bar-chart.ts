import type { Draw } from './drawing.ts';
import { fullNumber, textOf } from './numbers.ts';
import { label, svg } from './svg.ts';
import { font, linesOf, textWidth } from './text-width.ts';

const SIZE = 13;
const LINE = 17;
const BAR = { least: 10, most: 30 };
const GAP = 16;
/** Of what is left, this part goes to the bars and the rest between them. */
const TO_BARS = 0.4;
const BETWEEN = 12;

/** Horizontal bars from zero, each with its name and its number above it: both stay readable at any width. */
export const barChart: Draw = ({ points, format }, { width, height }) => {
  const max = Math.max(...points.map(({ value }) => value)) || 1;
  const rows = points.map(({ label: { full }, value }) => {
    const number = textOf(fullNumber(value, format));
    const room = width - textWidth(number, font(SIZE, 600)) - BETWEEN;
    return { value, number, lines: linesOf(full, font(SIZE), room, 2) };
  });
  const ofText = rows.reduce((sum, { lines }) => sum + lines.length * LINE + 4, 0);
  const between = Math.max(rows.length - 1, 0);
  const left = Math.max(height - ofText - GAP * between, 0);
  const bar = Math.min(Math.max((left * TO_BARS) / rows.length, BAR.least), BAR.most);
  const gap = GAP + Math.max(left - bar * rows.length, 0) / (between + 1);

  let y = 0;
  const drawn = rows.map(({ value, number, lines }) => {
    const top = y;
    const barTop = top + lines.length * LINE + 4;
    y = barTop + bar + gap;
    const length = Math.max((Math.max(value, 0) / max) * width, 2);
    const fill = svg('rect', { class: 'bar', x: 0, y: barTop, width: length, height: bar, rx: 3 });
    return {
      shapes: [
        ...lines.map((line, index) => label(line, { x: 0, y: top + 13 + index * LINE })),
        label(number, { x: width, y: top + 13 + (lines.length - 1) * LINE, anchor: 'end', class: 'value' }),
        svg('rect', { class: 'track', x: 0, y: barTop, width, height: bar, rx: 3 }),
        fill,
      ],
      spot: {
        area: { x: 0, y: top, width, height: barTop + bar - top },
        tip: { x: length / 2, y: barTop },
        marks: [fill],
      },
    };
  });
  return {
    shapes: drawn.flatMap(({ shapes }) => shapes),
    spots: drawn.map(({ spot }) => spot),
    height: y - gap,
  };
};
