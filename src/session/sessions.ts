import type { PortalUser } from '../portal/portal-user.ts';
import type { Limits, RecordStore, StoredRecord } from '../store/record-store.ts';
import { createRecordReader, encodeSession } from './session-record.ts';

/** What a sign-in left behind, as it was read. */
export interface Session {
  readonly id: string;
  readonly user: PortalUser;
  readonly revision: number;
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
  /** A session for a user who has just signed in, under a fresh id. False when the id is taken. */
  open(id: string, user: PortalUser): Promise<boolean>;
  /** Writes a session again that has not been written since it was read; never brings one back that has ended. */
  rewrite(id: string, user: PortalUser, revision: number): Promise<boolean>;
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

/** The session has ended, or was written by another request, since it was read. Nothing was written. */
export class SessionConflictError extends Error {
  readonly code = 'store_unavailable';

  constructor() {
    super('the session was changed by another request');
    this.name = 'SessionConflictError';
  }
}

export interface SessionsDeps {
  readonly store: RecordStore;
  readonly limits: Limits;
  /** Told before the session of a user who has just signed in is opened. */
  readonly onSignIn?: (user: PortalUser) => void;
}

export function createSessions({ store, limits, onSignIn = () => {} }: SessionsDeps): Sessions {
  const userOf = createRecordReader();

  function session(id: string, record: StoredRecord | undefined): Session | undefined {
    const user = record && userOf(record.value);
    if (!user) return undefined;
    const { revision, idleRemainingMs, remainingMs } = record;
    return { id, user, revision, idleRemainingMs, remainingMs };
  }

  return {
    open(id, user) {
      onSignIn(user);
      return store.create(recordKey(id), encodeSession(user), limits, groupOf(user));
    },
    rewrite: (id, user, revision) => store.replace(recordKey(id), encodeSession(user), revision),
    peek: (id) => store.peek(recordKey(id)).then((record) => session(id, record)),
    use: (id) => store.use(recordKey(id)).then((record) => session(id, record)),
    close: (id) => store.remove(recordKey(id)),
    count: (user) => store.countGroup(groupOf(user)),
    closeAll: (user) => store.removeGroup(groupOf(user)),
  };
}

function recordKey(id: string): string {
  return `session:${id}`;
}

/** One group per portal user. JSON keeps ("t", "a:b") and ("t:a", "b") apart. */
function groupOf({ tenant, id }: PortalUser): string {
  return `sessions-of:${JSON.stringify([tenant ?? null, id])}`;
}
