import { createRequire } from 'node:module';
import * as v from 'valibot';
import { parseStrictJson } from '../lib/strict-json.ts';
import type { PortalUser } from '../portal/portal-user.ts';
import type { UserLookup } from '../qlik/oauth/impersonation.ts';

const require = createRequire(import.meta.url);

/** A portal user, as a table names one. */
export type TableUser = Pick<PortalUser, 'id' | 'tenant'>;

/** Portal users and the Qlik users that they are. */
export interface UserTable {
  readonly size: number;
  readonly rows: readonly (readonly [TableUser, UserLookup])[];
  find(user: TableUser): UserLookup | undefined;
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
  const lookups = new Map<string, readonly [TableUser, UserLookup]>();
  rows.forEach((row, index) => {
    const place = `row ${index + 1}`;
    const { portal_user, tenant, qlik_user_id, qlik_subject } = checkedRow(row, place);
    if (!portal_user) throw new Error(`${place}: portal_user is missing`);
    if (!qlik_user_id === !qlik_subject)
      throw new Error(`${place}: give one of qlik_user_id and qlik_subject`);
    const user: TableUser = { id: portal_user, ...(tenant && { tenant }) };
    const key = rowKey(user);
    if (lookups.has(key)) throw new Error(`${place}: this portal_user is listed twice`);
    const lookup: UserLookup = qlik_user_id
      ? { field: 'userId', value: qlik_user_id }
      : { field: 'subject', value: qlik_subject as string };
    lookups.set(key, [user, lookup]);
  });
  return {
    size: lookups.size,
    rows: [...lookups.values()],
    find: (user) => lookups.get(rowKey(user))?.[1],
  };
}

function rowKey({ tenant, id }: TableUser): string {
  return JSON.stringify([tenant ?? null, id]);
}

function jsonRows(content: string): unknown[] {
  const rows = parseStrictJson(content.replace(/^\ufeff/, ''));
  if (!Array.isArray(rows)) throw new Error('is no array of rows');
  return rows;
}

/** Blanks that the parser would cut off, although another portal user's id may end with one. */
const ODD = '[\\f\\v\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const ODD_BLANK_AT_EDGE = new RegExp(`(?:^|[,\\r\\n])[ \\t]*${ODD}|${ODD}[ \\t]*(?:[,\\r\\n]|$)`);

function csvRows(content: string): unknown[] {
  // The last row need not be all that was meant.
  if (content !== '' && !/[\r\n]$/.test(content))
    throw new Error('does not end with a line break: is it all there?');
  if (ODD_BLANK_AT_EDGE.test(content))
    throw new Error('has a value that begins or ends with a blank other than space and tab');
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
