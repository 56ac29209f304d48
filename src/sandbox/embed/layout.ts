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
  qError?: { qContext?: string };
}

/** A chart's numbers: one measure by at most one dimension. */
export interface Series {
  title: string;
  /** Empty when there is no dimension. */
  dimension: string;
  measure: string;
  points: { label: string; value: number }[];
}

/** The series of a layout. Throws what is wrong with it, for its reader. */
export function seriesOf({ title = '', qHyperCube: cube }: Layout): Series {
  if (!cube) throw new Error('The object has no data.');
  const broken = [...cube.qDimensionInfo, ...cube.qMeasureInfo].find((column) => column.qError);
  if (broken) throw new Error(broken.qError?.qContext ?? `"${broken.qFallbackTitle}" cannot be computed.`);
  const measureColumn = cube.qDimensionInfo.length;
  return {
    title,
    dimension: cube.qDimensionInfo[0]?.qFallbackTitle ?? '',
    measure: cube.qMeasureInfo[0]?.qFallbackTitle ?? '',
    points: cube.qDataPages
      .flatMap((page) => page.qMatrix)
      .map((row) => ({
        label: measureColumn > 0 ? (row[0]?.qText ?? '') : '',
        value: Number(row[measureColumn]?.qNum ?? Number.NaN),
      }))
      .filter(({ value }) => !Number.isNaN(value)),
  };
}
