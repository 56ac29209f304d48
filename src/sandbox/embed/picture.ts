import { barChart } from './bar-chart.ts';
import type { Series } from './layout.ts';
import { lineChart } from './line-chart.ts';
import { fullNumber } from './numbers.ts';
import { label, svg } from './svg.ts';

type Drawing = (series: Series, width: number) => { height: number; shapes: SVGElement[] };

const DRAWINGS: Record<string, Drawing> = {
  barchart: barChart,
  linechart: lineChart,
  kpi: ({ points }) => ({
    height: 64,
    shapes: [label(fullNumber(points[0]?.value ?? 0), { x: 0, y: 48, class: 'number' })],
  }),
};

const NARROWEST = 240;

/** A chart as a figure: the picture, described in words, and where there is a dimension the numbers as a table. */
export function drawPicture(visualization: string, series: Series, width: number): HTMLElement {
  const drawing = Object.hasOwn(DRAWINGS, visualization) ? DRAWINGS[visualization] : undefined;
  if (!drawing)
    throw new Error(`The sandbox draws bar charts, line charts and KPIs, not "${visualization}".`);
  if (series.points.length === 0) throw new Error('There is no data.');
  const room = Math.max(width, NARROWEST);
  const { height, shapes } = drawing(series, room);
  const figure = document.createElement('figure');
  figure.append(
    element('figcaption', series.title),
    svg(
      'svg',
      {
        role: 'img',
        viewBox: `0 0 ${room} ${height}`,
        'aria-labelledby': 'title',
        'aria-describedby': 'desc',
      },
      svg('title', { id: 'title' }, series.title),
      svg('desc', { id: 'desc' }, description(series)),
      ...shapes,
    ),
  );
  if (series.dimension !== '') figure.append(tableOf(series));
  return figure;
}

function description({ dimension, measure, points }: Series): string {
  const by = dimension === '' ? '' : ` by ${dimension}`;
  const numbers = points.map(({ label: name, value }) => `${name} ${fullNumber(value)}`.trim());
  return `${measure}${by}: ${numbers.join(', ')}.`;
}

function tableOf({ dimension, measure, points }: Series): HTMLElement {
  const headings = element('tr', element('th', dimension), element('th', measure));
  for (const heading of headings.children) heading.setAttribute('scope', 'col');
  const rows = points.map(({ label: name, value }) => {
    const heading = element('th', name);
    heading.setAttribute('scope', 'row');
    return element('tr', heading, element('td', fullNumber(value)));
  });
  return element(
    'details',
    element('summary', 'As a table'),
    element('table', element('thead', headings), element('tbody', ...rows)),
  );
}

function element(name: string, ...content: (Node | string)[]): HTMLElement {
  const made = document.createElement(name);
  made.append(...content);
  return made;
}
