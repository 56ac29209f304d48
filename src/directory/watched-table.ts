import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { ConfigFile } from '../config/config-file.ts';
import type { Emit } from '../events.ts';
import type { UserLookup } from '../qlik/oauth/impersonation.ts';
import type { UserMapping } from './directory.ts';
import { parseUserTable, type TableUser, type UserTable } from './user-table.ts';

/** A table of users that follows its file. */
export interface WatchedTable {
  readonly mapping: UserMapping;
  /** Reads the file now, and takes also a table that lost many rows: an operator says so. */
  readAgain(): Promise<void>;
  close(): void;
}

export interface WatchedTableOptions {
  /** As it was read with the configuration. */
  readonly file: ConfigFile;
  readonly emit: Emit;
  /** For events. */
  readonly tenant: string;
  /** Told of each user who was this Qlik user until now. */
  readonly onLost: (user: TableUser, lookup: UserLookup) => void;
  readonly pollMs?: number;
}

/** Polling sees changes on every kind of volume, and those of Kubernetes, which swaps links instead of writing. */
const POLL_MS = 2_000;
/** A table that lost a larger part of its rows was probably cut off. */
const MAY_LOSE = 0.2;

/** Maps users by a file that is read again when it changes. Throws when its text at the start is broken. */
export function createWatchedTable({
  file: { path, text },
  emit,
  tenant,
  onLost,
  pollMs = POLL_MS,
}: WatchedTableOptions): WatchedTable {
  let table: UserTable = parseUserTable(text, path);
  /** The text that was judged last: a file that is only touched is no news. */
  let judged: string | undefined = text;

  async function reload(isMeant: boolean): Promise<void> {
    const before = judged;
    judged = undefined;
    try {
      judged = await readFile(path, 'utf8');
      if (judged === before && !isMeant) return;
      const next = parseUserTable(judged, path);
      const lost = table.rows.filter(([user, lookup]) => !isSame(next.find(user), lookup));
      const gone = lost.filter(([user]) => next.find(user) === undefined).length;
      if (gone > table.size * MAY_LOSE && !isMeant) {
        emit({ type: 'user_table.shrunk', tenant, path, size: next.size, gone });
        return;
      }
      table = next;
      for (const [user, lookup] of lost) onLost(user, lookup);
      emit({ type: 'user_table.read', tenant, path, size: table.size });
    } catch (error) {
      emit({ type: 'user_table.broken', tenant, path, reason: (error as Error).message });
    }
  }

  // A file that is still being written changes again before it is read.
  let reading: NodeJS.Timeout | undefined;
  const onChange = () => {
    clearTimeout(reading);
    reading = setTimeout(() => void reload(false), pollMs * 1.5).unref();
  };
  watchFile(path, { interval: pollMs, persistent: false }, onChange);
  // It may have changed since its text was read.
  onChange();

  return {
    mapping: (user) => table.find(user),
    readAgain: () => reload(true),
    close() {
      unwatchFile(path, onChange);
      clearTimeout(reading);
    },
  };
}

function isSame(a: UserLookup | undefined, b: UserLookup): boolean {
  return a?.field === b.field && a.value === b.value;
}
