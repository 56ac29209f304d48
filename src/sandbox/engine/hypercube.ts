import { CODES, EngineError, invalidParams } from './engine-error.ts';
import { ExpressionError, fieldName, type Measure, readExpression } from './expression.ts';
import { fieldIndex, type Table, type Value } from './table.ts';

/** A part of the cube, as clients ask for it. */
export interface PageRequest {
  qTop: number;
  qLeft: number;
  qWidth: number;
  qHeight: number;
}

/** A computed hypercube: what its layout shows, and its cells. */
export interface Hypercube {
  layout: Record<string, unknown>;
  page(request: PageRequest): DataPage;
}

interface DataPage {
  qMatrix: Cell[][];
  qTails: { qUp: number; qDown: number }[];
  qArea: PageRequest;
}

interface Cell {
  qText: string;
  qNum: number | 'NaN';
  qElemNumber: number;
  qState: 'O' | 'L';
}

const MAX_COLUMNS = 20;
const MAX_CELLS = 10_000;
const INVALID_DEFINITION = 7000;

/**
 * Computes a `qHyperCubeDef` over the rows: dimensions are fields, measures are expressions, in straight mode and
 * sorted by the dimensions from left to right. A field or an expression that is wrong shows as `qError`, and the
 * cube has no rows then, as in Qlik. Throws an EngineError when the definition has another form.
 */
export function computeHypercube(def: unknown, table: Table): Hypercube {
  const dimensions = entries(def, 'qDimensions').map(({ qDef }) => {
    const field = fieldName(text(members(qDef).qFieldDefs, 0));
    return { field, index: fieldIndex(table, field), label: text(members(qDef).qFieldLabels, 0) || field };
  });
  const measures = entries(def, 'qMeasures').map(({ qDef }) => {
    const source = text([members(qDef).qDef], 0);
    const { qNumFormat } = members(qDef);
    const format = typeof qNumFormat === 'object' && qNumFormat !== null ? { qNumFormat } : {};
    return { ...readMeasure(source, table), label: text([members(qDef).qLabel], 0) || source, format };
  });
  if (dimensions.length + measures.length > MAX_COLUMNS) throw invalidParams('too many columns');

  const broken = dimensions.some(({ index }) => index === -1) || measures.some(({ error }) => error);
  const groups = broken ? [] : groupsOf(table.rows, dimensions);
  const matrix = groups.map(({ keys, rows }) => [
    ...keys.map((key, column) => dimensionCell(key, groups, column)),
    ...measures.map(({ measure }) => measureCell(measure(rows))),
  ]);
  const width = dimensions.length + measures.length;
  const page = (request: PageRequest) => dataPage(matrix, width, request);

  return {
    page,
    layout: {
      qSize: { qcx: width, qcy: matrix.length },
      qDimensionInfo: dimensions.map(({ field, index, label }, column) => ({
        qFallbackTitle: label,
        qCardinal: new Set(groups.map(({ keys }) => keys[column])).size,
        qGroupFieldDefs: [field],
        qGroupFallbackTitles: [label],
        qDimensionType: 'D',
        qStateCounts: {},
        ...(index === -1 ? { qError: { qErrorCode: INVALID_DEFINITION } } : {}),
      })),
      qMeasureInfo: measures.map(({ label, error, format }, column) => {
        const values = matrix.map((row) => Number(row[dimensions.length + column]?.qNum));
        return {
          qFallbackTitle: label,
          ...format,
          qMin: values.length === 0 ? 'NaN' : wire(Math.min(...values)),
          qMax: values.length === 0 ? 'NaN' : wire(Math.max(...values)),
          ...(error ? { qError: { qErrorCode: INVALID_DEFINITION, qContext: error } } : {}),
        };
      }),
      qGrandTotalRow: broken ? [] : measures.map(({ measure }) => measureCell(measure(table.rows))),
      qMode: 'S',
      qPivotDataPages: [],
      qStackedDataPages: [],
      qDataPages: pageRequests(members(def).qInitialDataFetch ?? []).map(page),
    },
  };
}

/** The pages that a client asks for. Throws an EngineError when it asks for anything else, or for too much. */
export function pageRequests(pages: unknown): PageRequest[] {
  if (!Array.isArray(pages)) throw invalidParams('qPages');
  const requests = pages.map((page): PageRequest => {
    const { qTop = 0, qLeft = 0, qWidth = 0, qHeight = 0 } = members(page) as Partial<PageRequest>;
    const request = { qTop, qLeft, qWidth, qHeight };
    if (!Object.values(request).every((value) => Number.isInteger(value) && value >= 0)) {
      throw invalidParams('qPages');
    }
    return request;
  });
  const cells = requests.reduce((sum, { qWidth, qHeight }) => sum + qWidth * qHeight, 0);
  if (cells > MAX_CELLS) {
    throw new EngineError(CODES.resultTooLarge, 'Result too large', `at most ${MAX_CELLS} cells at once`);
  }
  return requests;
}

function readMeasure(source: string, table: Table): { measure: Measure; error?: string } {
  try {
    return { measure: readExpression(source, table) };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { measure: () => Number.NaN, error: error.message };
  }
}

interface Group {
  keys: Value[];
  rows: (readonly Value[])[];
}

/** One group for each combination of values that occurs; without dimensions, one of all rows. */
function groupsOf(rows: Table['rows'], dimensions: readonly { index: number }[]): Group[] {
  if (dimensions.length === 0) return [{ keys: [], rows: [...rows] }];
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const keys = dimensions.map(({ index }) => row[index] as Value);
    const key = JSON.stringify(keys);
    const group = groups.get(key) ?? { keys, rows: [] };
    group.rows.push(row);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => compareKeys(a.keys, b.keys));
}

function compareKeys(a: readonly Value[], b: readonly Value[]): number {
  for (const [column, left] of a.entries()) {
    const right = b[column] as Value;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

function dimensionCell(key: Value, groups: readonly Group[], column: number): Cell {
  const values = [...new Set(groups.map(({ keys }) => keys[column]))];
  return {
    qText: String(key),
    qNum: typeof key === 'number' ? key : 'NaN',
    qElemNumber: values.indexOf(key),
    qState: 'O',
  };
}

function measureCell(value: number): Cell {
  return { qText: Number.isNaN(value) ? '-' : String(value), qNum: wire(value), qElemNumber: 0, qState: 'L' };
}

/** JSON has no NaN; the engine sends the word. */
function wire(value: number): number | 'NaN' {
  return Number.isNaN(value) ? 'NaN' : value;
}

function dataPage(matrix: readonly Cell[][], width: number, request: PageRequest): DataPage {
  const { qTop, qLeft, qWidth, qHeight } = request;
  const qMatrix = matrix
    .slice(qTop, qTop + qHeight)
    .map((row) => row.slice(qLeft, Math.min(qLeft + qWidth, width)));
  const qArea = { qLeft, qTop, qWidth: qMatrix[0]?.length ?? 0, qHeight: qMatrix.length };
  return { qMatrix, qTails: [{ qUp: 0, qDown: 0 }], qArea };
}

function entries(def: unknown, name: string): Record<string, unknown>[] {
  const list = members(def)[name] ?? [];
  if (!Array.isArray(list) || list.length > MAX_COLUMNS) throw invalidParams(name);
  return list.map(members);
}

function members(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(list: unknown, position: number): string {
  const value = Array.isArray(list) ? list[position] : undefined;
  return typeof value === 'string' ? value : '';
}
