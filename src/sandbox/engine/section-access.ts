import { fieldIndex, type Table } from './table.ts';

/** Who sees which rows: all that is given must fit, and `*` fits everybody, or shows every value. */
export interface SectionAccess {
  /** The field that the table is reduced by. */
  field: string;
  rules: readonly { user: string; group: string; value: string }[];
}

/** The user of a token, as section access looks at one. */
export interface DataReader {
  subject: string;
  groups: readonly string[];
}

/**
 * The table as one user sees it, or undefined for somebody whom no rule names: that is Qlik's strict exclusion,
 * and the app does not open.
 */
export function reduced(table: Table, access: SectionAccess, reader: DataReader): Table | undefined {
  const values = access.rules
    .filter(
      ({ user, group }) =>
        (user === '*' || user === reader.subject) && (group === '*' || reader.groups.includes(group)),
    )
    .map(({ value }) => value);
  if (values.length === 0) return undefined;
  if (values.includes('*')) return table;
  const index = fieldIndex(table, access.field);
  return { ...table, rows: table.rows.filter((row) => values.includes(String(row[index]))) };
}
