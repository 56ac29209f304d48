import type { Settings } from '../config/settings.ts';
import { byClaim, bySubject, type UserMapping } from '../directory/directory.ts';
import { createWatchedTable } from '../directory/watched-table.ts';
import type { Log } from '../observability/log.ts';

/**
 * The way from a portal user to a Qlik user that the settings choose; to be closed in the end. Throws a plain `Error`
 * when the file that `USER_TABLE` names is broken.
 */
export function createUserMapping(
  settings: Settings,
  readFile: (path: string) => string,
  log: Log,
): { mapping: UserMapping; close(): void } {
  if (settings.USER_CLAIM !== undefined) return { mapping: byClaim(settings.USER_CLAIM), close() {} };
  if (settings.USER_TABLE === undefined) return { mapping: bySubject, close() {} };
  const path = settings.USER_TABLE;
  return createWatchedTable({
    path,
    content: readFile(path),
    report: (event) =>
      event.type === 'table_read'
        ? log.info({ path, ...event }, 'the table of users was read again')
        : log.error({ path, ...event }, 'the table of users is broken; the old one stays in force'),
  });
}
