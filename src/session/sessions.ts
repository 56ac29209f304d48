import { BrokerError } from '../errors.ts';
import { BoundedMap } from '../lib/bounded-map.ts';
import type { PortalUser } from '../portal/portal-user.ts';
import type { Advance, Advanced, Limits, RecordStore, Removed, StoredRecord } from '../store/record-store.ts';
import { isSessionIdOf, sessionKey, sessionsOf } from './session-id.ts';
import { createRecordReader, encodeSession } from './session-record.ts';

/** What a sign-in left behind, as it was read. */
export interface Session {
  readonly id: string;
  readonly user: PortalUser;
  /** Of all that is kept for the user, as it is now: what was made under another one counts no more. */
  readonly generation: string;
  /** Until the session ends if it is not used. */
  readonly idleRemainingMs: number;
  /** Until the session ends in any case. */
  readonly remainingMs: number;
}

/**
 * The sessions of all users. Every call can reject with a `StoreUnavailableError`; a record that cannot be understood
 * is as good as none.
 */
export interface Sessions {
  /** A session for a user who has just signed in, under a fresh id of `newSessionId`. False when the id is taken. */
  open(id: string, user: PortalUser): Promise<boolean>;
  /** The session, without counting as use. */
  peek(id: string): Promise<Session | undefined>;
  /** The session, counted as use: its idle timeout starts anew. */
  use(id: string): Promise<Session | undefined>;
  /** Ends the user's oldest sessions, as far as there are too many; how many those were. */
  trim(user: PortalUser): Promise<number>;
  /**
   * Ends a session: how many the user still has, or undefined when it had ended already. With `advance`, what is kept for
   * the user ends with the last one.
   */
  close(id: string, advance?: Advance): Promise<Removed | undefined>;
  /** Ends each of a user's sessions, and what is kept for the user; how many those were. */
  closeAll(user: PortalUser, advance: Advance): Promise<{ removed: number; advanced: Advanced }>;
  /** Ends what is kept for the user if there is no session. */
  endKept(user: PortalUser, advance: Advance): Promise<Advanced | undefined>;
  /** Ends everybody's. */
  closeEverybodys(): Promise<void>;
}

/** A record was written by other requests each time that it was to be. Nothing was written; another try may work. */
export class WriteConflictError extends BrokerError<'write_conflict'> {
  constructor() {
    super('write_conflict', 'the record was changed by other requests');
  }
}

export interface SessionsDeps {
  readonly store: RecordStore;
  readonly limits: Pick<Limits, 'idleMs' | 'lifetimeMs'>;
  /** How many sessions a user may have. */
  readonly perUser: number;
}

/** How many ids are remembered with their keys; the oldest are hashed again. */
const MAX_REMEMBERED = 10_000;

export function createSessions({ store, limits, perUser }: SessionsDeps): Sessions {
  const userOf = createRecordReader();
  const keys = new BoundedMap<string, string>(MAX_REMEMBERED);

  function keyOf(id: string): string {
    const known = keys.get(id);
    if (known !== undefined) return known;
    const key = sessionKey(id);
    keys.set(id, key);
    return key;
  }

  function session(id: string, record: StoredRecord | undefined): Session | undefined {
    const user = record && userOf(record.value);
    if (!user) return undefined;
    const { generation, idleRemainingMs, remainingMs } = record;
    return { id, user, generation, idleRemainingMs, remainingMs };
  }

  return {
    async open(id, user) {
      if (!isSessionIdOf(id, user)) throw new TypeError('a session id of another user');
      const { idleMs, lifetimeMs } = limits;
      const record = { idleMs, lifetimeMs, endsWithAll: true } as const;
      return store.create(sessionKey(id), encodeSession(user), record, sessionsOf(user));
    },
    peek: (id) => store.peek(keyOf(id)).then((record) => session(id, record)),
    use: (id) => store.use(keyOf(id)).then((record) => session(id, record)),
    trim: async (user) => (await store.trimPartition(sessionsOf(user), perUser)).removed,
    close: (id, advance) => store.remove(sessionKey(id), advance),
    closeAll: (user, advance) => store.removePartition(sessionsOf(user), advance),
    endKept: (user, advance) => store.advanceEmpty(sessionsOf(user), advance),
    closeEverybodys: () => store.endAll(limits.lifetimeMs),
  };
}
