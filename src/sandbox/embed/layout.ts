import { type Label, labelsOf } from './months.ts';
import { type NumberFormat, numberFormat } from './numbers.ts';

/** What a chart reads of its object's layout. */
export interface Layout {
  title?: string;
  visualization?: string;
  qHyperCube?: {
    qDimensionInfo: ColumnInfo[];
    qMeasureInfo: ColumnInfo[];
    qDataPages: { qMatrix: { qText: string; qNum: number | 'NaN' }[][] }[];
  };
}

interface ColumnInfo {
  qFallbackTitle: string;
  qNumFormat?: { qFmt?: string };
  qError?: { qContext?: string };
}

/** A chart's numbers: one measure by at most one dimension. */
export interface Series {
  title: string;
  /** Empty when there is no dimension. */
  dimension: string;
  measure: string;
  format: NumberFormat;
  points: Point[];
}

/** A number, and what it is of. */
export interface Point {
  label: Label;
  value: number;
}

/** The series of a layout. Throws what is wrong with it, for its reader. */
export function seriesOf({ title = '', qHyperCube: cube }: Layout): Series {
  if (!cube) throw new Error('The object has no data.');
  const broken = [...cube.qDimensionInfo, ...cube.qMeasureInfo].find((column) => column.qError);
  if (broken) throw new Error(broken.qError?.qContext ?? `"${broken.qFallbackTitle}" cannot be computed.`);
  const measureColumn = cube.qDimensionInfo.length;
  const rows = cube.qDataPages
    .flatMap((page) => page.qMatrix)
    .map((row) => ({
      text: measureColumn > 0 ? (row[0]?.qText ?? '') : '',
      value: Number(row[measureColumn]?.qNum ?? Number.NaN),
    }))
    .filter(({ value }) => !Number.isNaN(value));
  const labels = labelsOf(rows.map(({ text }) => text));
  return {
    title,
    dimension: cube.qDimensionInfo[0]?.qFallbackTitle ?? '',
    measure: cube.qMeasureInfo[0]?.qFallbackTitle ?? '',
    format: numberFormat(cube.qMeasureInfo[0]?.qNumFormat?.qFmt),
    points: rows.map(({ value }, index) => ({ label: labels[index] as Label, value })),
  };
}
