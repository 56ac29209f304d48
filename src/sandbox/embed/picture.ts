import { barChart } from './bar-chart.ts';
import type { Draw } from './drawing.ts';
import { kpi } from './kpi.ts';
import type { Series } from './layout.ts';
import { lineChart } from './line-chart.ts';
import { fullNumber, textOf } from './numbers.ts';
import { svg } from './svg.ts';
import { type Fact, tooltips } from './tooltip.ts';

const DRAWINGS: Record<string, Draw> = { barchart: barChart, linechart: lineChart, kpi };

const NARROWEST = 160;

/** A chart as a figure. It is drawn, and drawn anew, into whatever room its plot has, once it is in the document. */
export interface Picture {
  figure: HTMLElement;
  draw(): void;
}

/**
 * The picture is described in words, tells each of its numbers, and where there is a dimension shows them as a table. Throws,
 * for its reader, when there is nothing to show.
 */
export function createPicture(visualization: string, series: Series): Picture {
  const drawing = Object.hasOwn(DRAWINGS, visualization) ? DRAWINGS[visualization] : undefined;
  if (!drawing)
    throw new Error(`The sandbox draws bar charts, line charts and KPIs, not "${visualization}".`);
  if (series.points.length === 0) throw new Error('There is no data.');
  const number = (value: number) => textOf(fullNumber(value, series.format));
  const facts = series.points.map(({ label, value }) => ({ label: label.full, value: number(value) }));
  const plot = element('div');
  plot.className = `plot ${visualization}`;
  const figure = element('figure', element('figcaption', series.title), plot);
  if (series.dimension !== '') figure.append(tableOf(series, facts));

  return {
    figure,
    draw() {
      const width = Math.max(plot.clientWidth, NARROWEST);
      const drawn = drawing(series, { width, height: plot.clientHeight });
      const picture = svg(
        'svg',
        {
          role: 'img',
          viewBox: `0 0 ${width} ${drawn.height}`,
          'aria-label': series.title,
          'aria-describedby': 'desc',
        },
        svg('desc', { id: 'desc' }, description(series, facts)),
        ...drawn.shapes,
      );
      const canvas = element('div', picture, ...tooltips(series.title, drawn, facts, width));
      canvas.className = 'canvas';
      plot.replaceChildren(canvas);
    },
  };
}

function description({ dimension, measure }: Series, facts: readonly Fact[]): string {
  const by = dimension === '' ? '' : ` by ${dimension}`;
  return `${measure}${by}: ${facts.map(({ label, value }) => `${label} ${value}`.trim()).join(', ')}.`;
}

function tableOf({ dimension, measure }: Series, facts: readonly Fact[]): HTMLElement {
  const headings = element('tr', element('th', dimension), element('th', measure));
  for (const heading of headings.children) heading.setAttribute('scope', 'col');
  const rows = facts.map(({ label, value }) => {
    const heading = element('th', label);
    heading.setAttribute('scope', 'row');
    return element('tr', heading, element('td', value));
  });
  const table = element('div', element('table', element('thead', headings), element('tbody', ...rows)));
  table.className = 'table';
  const summary = element('summary', 'As a table');
  const details = element('details', summary, table) as HTMLDetailsElement;
  details.addEventListener('toggle', () => {
    summary.textContent = details.open ? 'As a chart' : 'As a table';
  });
  return details;
}

function element(name: string, ...content: (Node | string)[]): HTMLElement {
  const made = document.createElement(name);
  made.append(...content);
  return made;
}
