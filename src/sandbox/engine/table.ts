/** A value in the table, and in what is computed from it. */
export type Value = string | number;

/** The rows of an app's one table, by position in `fields`. */
export interface Table {
  fields: readonly string[];
  rows: readonly (readonly Value[])[];
}

/** The position of a field, or -1. Names differ by case, as in Qlik. */
export function fieldIndex(table: Table, name: string): number {
  return table.fields.indexOf(name);
}
