import seed from './app.json' with { type: 'json' };
import type { Properties } from './generic-object.ts';
import { type DataReader, reduced } from './section-access.ts';
import type { Table, Value } from './table.ts';

/** The charts of the seed file. Every app of the tenant holds the same ones, over the same table. */
export const chartProperties: readonly Properties[] = seed.objects;

/** When the data were loaded, ISO 8601. */
export const lastReloadTime: string = seed.lastReloadTime;

const table: Table = { fields: seed.fields, rows: seed.rows as Value[][] };

/** The seed file's table as one user sees it, or undefined for somebody whom its section access does not name. */
export function tableFor(reader: DataReader): Table | undefined {
  return reduced(table, seed.sectionAccess, reader);
}
