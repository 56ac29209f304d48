import type { Draw } from './drawing.ts';
import { fullNumber, textOf } from './numbers.ts';
import { svg } from './svg.ts';
import { font, textWidth } from './text-width.ts';

const SIZE = { least: 18, most: 44 };
const LEAST_HEIGHT = 48;

/** One number, as large as there is room for. */
export const kpi: Draw = ({ points, format }, { width, height }) => {
  const number = fullNumber(points[0]?.value ?? 0, format);
  const needed = textWidth(textOf(number), font(SIZE.most, 650));
  const size = Math.max(Math.min(SIZE.most, (SIZE.most * width) / needed), SIZE.least);
  const room = Math.max(height, LEAST_HEIGHT);
  const around = (text: string) => (text === '' ? [] : [svg('tspan', { class: 'unit' }, text)]);
  const text = svg(
    'text',
    { class: 'number', x: 0, y: room - size * 0.2, 'font-size': size },
    ...around(number.prefix),
    svg('tspan', {}, number.digits),
    ...around(number.suffix),
  );
  return { shapes: [text], spots: [], height: room };
};
