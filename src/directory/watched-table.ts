import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { ConfigFile } from '../config/config-file.ts';
import type { Emit } from '../events.ts';
import type { UserMapping } from './directory.ts';
import { parseUserTable, type UserTable } from './user-table.ts';

/** A table of users that follows its file. */
export interface WatchedTable {
  readonly mapping: UserMapping;
  close(): void;
}

export interface WatchedTableOptions {
  /** As it was read with the configuration. */
  readonly file: ConfigFile;
  readonly emit: Emit;
  /** For events. */
  readonly tenant: string;
  readonly pollMs?: number;
}

/** Polling sees changes on every kind of volume, and those of Kubernetes, which swaps links instead of writing. */
const POLL_MS = 2_000;

/** Maps users by a file that is read again when it changes. Throws when its text at the start is broken. */
export function createWatchedTable({
  file: { path, text },
  emit,
  tenant,
  pollMs = POLL_MS,
}: WatchedTableOptions): WatchedTable {
  let table: UserTable = parseUserTable(text, path);
  /** The text that was judged last: a file that is only touched is no news. */
  let judged: string | undefined = text;

  async function reload(): Promise<void> {
    const before = judged;
    judged = undefined;
    try {
      judged = await readFile(path, 'utf8');
      if (judged === before) return;
      table = parseUserTable(judged, path);
      emit({ type: 'user_table.read', tenant, path, size: table.size });
    } catch (error) {
      emit({ type: 'user_table.broken', tenant, path, reason: (error as Error).message });
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
