import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { UserMapping } from './directory.ts';
import { parseUserTable, type UserTable } from './user-table.ts';

/** A table of users that follows its file. */
export interface WatchedTable {
  readonly mapping: UserMapping;
  close(): void;
}

/** What became of a changed file; `broken`: the table that was in force stays. */
export type TableEvent = { type: 'table_read'; size: number } | { type: 'table_broken'; reason: string };

export interface WatchedTableOptions {
  readonly path: string;
  /** The file's text at the start; checked with the configuration. */
  readonly content: string;
  readonly report: (event: TableEvent) => void;
  readonly pollMs?: number;
}

/** Polling sees changes on every kind of volume, and those of Kubernetes, which swaps links instead of writing. */
const POLL_MS = 2_000;

/** Maps users by a file that is read again when it changes. Throws when its text at the start is broken. */
export function createWatchedTable({
  path,
  content,
  report,
  pollMs = POLL_MS,
}: WatchedTableOptions): WatchedTable {
  let table: UserTable = parseUserTable(content, path);
  /** The text that was judged last: a file that is only touched is no news. */
  let judged: string | undefined = content;

  async function reload(): Promise<void> {
    const before = judged;
    judged = undefined;
    try {
      judged = await readFile(path, 'utf8');
      if (judged === before) return;
      table = parseUserTable(judged, path);
      report({ type: 'table_read', size: table.size });
    } catch (error) {
      report({ type: 'table_broken', reason: (error as Error).message });
    }
  }

  // A file that is still being written changes again before it is read.
  let reading: NodeJS.Timeout | undefined;
  const onChange = () => {
    clearTimeout(reading);
    reading = setTimeout(() => void reload(), pollMs * 1.5).unref();
  };
  watchFile(path, { interval: pollMs, persistent: false }, onChange);
  // It may have changed since its text was read.
  onChange();

  return {
    mapping: (user) => table.find(user),
    close() {
      unwatchFile(path, onChange);
      clearTimeout(reading);
    },
  };
}
