import { createRequire } from 'node:module';
import * as v from 'valibot';
import { parseStrictJson } from '../lib/strict-json.ts';
import type { PortalUser } from '../portal/portal-user.ts';
import type { UserLookup } from '../qlik/oauth/impersonation.ts';

const require = createRequire(import.meta.url);

/** Portal users and the Qlik users that they are. */
export interface UserTable {
  readonly size: number;
  find(user: PortalUser): UserLookup | undefined;
}

/** Half of it may be empty: spreadsheets and exports write columns that they do not use. */
const rowSchema = v.strictObject({
  portal_user: v.optional(v.string()),
  tenant: v.optional(v.string()),
  qlik_user_id: v.optional(v.string()),
  qlik_subject: v.optional(v.string()),
});

/**
 * The table in a file's text: JSON (an array of objects) when the path ends in `.json`, else CSV with a heading line.
 * Throws an `Error` that names the first row that is wrong. Half a table is no table.
 */
export function parseUserTable(content: string, path: string): UserTable {
  const rows = path.toLowerCase().endsWith('.json') ? jsonRows(content) : csvRows(content);
  if (rows.length === 0) throw new Error('has no rows');
  const lookups = new Map<string, UserLookup>();
  rows.forEach((row, index) => {
    const place = `row ${index + 1}`;
    const { portal_user, tenant, qlik_user_id, qlik_subject } = checkedRow(row, place);
    if (!portal_user) throw new Error(`${place}: portal_user is missing`);
    if (!qlik_user_id === !qlik_subject)
      throw new Error(`${place}: give one of qlik_user_id and qlik_subject`);
    const key = rowKey({ id: portal_user, ...(tenant && { tenant }) });
    if (lookups.has(key)) throw new Error(`${place}: this portal_user is listed twice`);
    lookups.set(
      key,
      qlik_user_id
        ? { field: 'userId', value: qlik_user_id }
        : { field: 'subject', value: qlik_subject as string },
    );
  });
  return {
    size: lookups.size,
    find: (user) => lookups.get(rowKey(user)),
  };
}

function rowKey({ tenant, id }: Pick<PortalUser, 'tenant' | 'id'>): string {
  return JSON.stringify([tenant ?? null, id]);
}

function jsonRows(content: string): unknown[] {
  const rows = parseStrictJson(content.replace(/^\ufeff/, ''));
  if (!Array.isArray(rows)) throw new Error('is no array of rows');
  return rows;
}

function csvRows(content: string): unknown[] {
  // Loaded when there is such a table: each start would pay for it.
  const { CsvError, parse } = require('csv-parse/sync') as typeof import('csv-parse/sync');
  try {
    return parse(content, { columns: distinct, bom: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new Error(`row ${Number(error.records ?? 0) + 1}: is not CSV with a heading line: ${error.code}`);
  }
}

function distinct(columns: string[]): string[] {
  const twice = columns.find((column, index) => columns.indexOf(column) < index);
  if (twice !== undefined) throw new Error(`the column \`${twice}\` is there twice`);
  return columns;
}

function checkedRow(row: unknown, place: string): v.InferOutput<typeof rowSchema> {
  const { success, output, issues } = v.safeParse(rowSchema, row);
  if (success && !Array.isArray(row)) return output;
  const { path, expected } = issues?.[0] ?? {};
  const column = path?.[0]?.key;
  if (column === undefined || Array.isArray(row)) throw new Error(`${place}: is no object`);
  throw new Error(
    expected === 'never' ? `${place}: unknown column \`${column}\`` : `${place}: ${column} is no text`,
  );
}
