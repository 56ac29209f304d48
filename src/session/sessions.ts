import { BrokerError } from '../errors.ts';
import { BoundedMap } from '../lib/bounded-map.ts';
import type { PortalUser } from '../portal/portal-user.ts';
import type { Limits, RecordStore, StoredRecord } from '../store/record-store.ts';
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
  /** Ends a session. How many the user still has, or undefined when it had ended already. */
  close(id: string): Promise<number | undefined>;
  /** How many sessions the user has. */
  count(user: PortalUser): Promise<number>;
  /** Ends each of a user's sessions; how many those were. */
  closeAll(user: PortalUser): Promise<number>;
}

/** A record was written by other requests each time that it was to be. Nothing was written; another try may work. */
export class WriteConflictError extends BrokerError<'write_conflict'> {
  constructor() {
    super('write_conflict', 'the record was changed by other requests');
  }
}

export interface SessionsDeps {
  readonly store: RecordStore;
  readonly limits: Limits;
}

/** How many ids are remembered with their keys; the oldest are hashed again. */
const MAX_REMEMBERED = 10_000;

export function createSessions({ store, limits }: SessionsDeps): Sessions {
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
      return store.create(sessionKey(id), encodeSession(user), limits, sessionsOf(user));
    },
    peek: (id) => store.peek(keyOf(id)).then((record) => session(id, record)),
    use: (id) => store.use(keyOf(id)).then((record) => session(id, record)),
    close: (id) => store.remove(sessionKey(id)),
    count: (user) => store.countPartition(sessionsOf(user)),
    closeAll: (user) => store.removePartition(sessionsOf(user)),
  };
}
