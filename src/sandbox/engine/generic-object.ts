import { invalidParams } from './engine-error.ts';
import { ExpressionError, readExpression } from './expression.ts';
import { computeHypercube, type Hypercube } from './hypercube.ts';
import type { Table } from './table.ts';

/** What describes a generic object; charts are ones with a `qHyperCubeDef`. */
export interface Properties {
  qInfo: { qId: string; qType: string };
  [name: string]: unknown;
}

const CUBE = 'qHyperCubeDef';

/**
 * The object's layout: its properties, where the definition of a hypercube gave way to the cube, and
 * `qStringExpression` and `qValueExpression` to their results. Only at the top level: deeper, nothing is computed.
 */
export function layoutOf(properties: Properties, table: Table): Record<string, unknown> {
  const layout: Record<string, unknown> = { qMeta: { privileges: ['read'] }, qSelectionInfo: {} };
  for (const [name, value] of Object.entries(properties)) {
    if (name === CUBE) layout.qHyperCube = computeHypercube(value, table).layout;
    else layout[name] = computed(value, table);
  }
  return layout;
}

/** The object's hypercube. Throws an EngineError when it has none. */
export function hypercubeOf(properties: Properties, table: Table): Hypercube {
  if (!(CUBE in properties)) throw invalidParams('/qHyperCubeDef');
  return computeHypercube(properties[CUBE], table);
}

/** The value of an expression as `Evaluate` answers it: an expression that is none comes to its error's text. */
export function evaluate(source: string, table: Table): { text: string; number: number } {
  try {
    const number = readExpression(source, table)(table.rows);
    return { text: Number.isNaN(number) ? '-' : String(number), number };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { text: `Error: ${error.message}`, number: Number.NaN };
  }
}

function computed(value: unknown, table: Table): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('qStringExpression' in value) return evaluate(sourceOf(value.qStringExpression), table).text;
  if (!('qValueExpression' in value)) return value;
  const { number } = evaluate(sourceOf(value.qValueExpression), table);
  return Number.isNaN(number) ? 'NaN' : number;
}

/** The expression itself, or the object that holds it as `qExpr`. */
function sourceOf(expression: unknown): string {
  const source =
    typeof expression === 'object' && expression !== null && 'qExpr' in expression
      ? expression.qExpr
      : expression;
  return typeof source === 'string' ? source : '';
}
