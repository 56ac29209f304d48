import { hash } from 'node:crypto';
import * as v from 'valibot';
import type { PortalUser } from '../portal/portal-user.ts';
import type { RecordStore } from '../store/record-store.ts';
import { WriteConflictError } from './sessions.ts';

/** Whom an identity provider has signed out: one of its sessions, or, without `sid`, all of the subject's. */
export interface ProviderLogoutRequest {
  readonly subject?: string | undefined;
  readonly sid?: string | undefined;
}

/** The sessions and users to sign out. */
export interface LoggedOutThere {
  /** Ids of sessions, some of which may have ended. */
  readonly sessions: readonly string[];
  /** Users of whom every session is to end. */
  readonly users: readonly PortalUser[];
}

/**
 * Finds the sessions that began with an identity provider's, on every replica. Each call can reject with a
 * `StoreUnavailableError`.
 */
export interface ProviderSessions {
  /**
   * Remembers where a session comes from; before it is opened, so that it cannot be missed. Resolves to what had to make
   * room for it: no logout would find that any more, so it is to end now.
   */
  note(sessionId: string, user: PortalUser): Promise<LoggedOutThere>;
  find(logout: ProviderLogoutRequest): Promise<LoggedOutThere>;
}

export interface ProviderSessionsDeps {
  readonly store: RecordStore;
  /** How long a session may last. */
  readonly lifetimeMs: number;
  /** How many sessions of ours are remembered of one of the provider's, and users of one subject. */
  readonly maxRemembered: number;
}

/** Beyond any service's life: what ends an entry of the index is that it is not used. */
const INDEX_LIFETIME_MS = 10 * 365 * 24 * 60 * 60_000;
const MAX_ATTEMPTS = 10;

const entriesSchema = v.array(v.string());
const userSchema = v.object({
  id: v.pipe(v.string(), v.nonEmpty()),
  tenant: v.exactOptional(v.string()),
});

export function createProviderSessions(deps: ProviderSessionsDeps): ProviderSessions {
  const { store, lifetimeMs, maxRemembered } = deps;

  async function list(key: string): Promise<string[]> {
    const record = await store.peek(key);
    return record ? entriesOf(record.value) : [];
  }

  /** Resolves to the entries that made room. */
  async function remember(key: string, entry: string): Promise<readonly string[]> {
    const limits = { idleMs: lifetimeMs, lifetimeMs: INDEX_LIFETIME_MS };
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      if (await store.create(key, JSON.stringify([entry]), limits, key)) return [];
      const record = await store.use(key);
      if (!record) continue;
      const others = entriesOf(record.value).filter((other) => other !== entry);
      const entries = [...others, entry];
      const value = JSON.stringify(entries.slice(-maxRemembered));
      if (value === record.value || (await store.replace(key, value, record.revision)))
        return entries.slice(0, -maxRemembered);
    }
    throw new WriteConflictError();
  }

  return {
    async note(sessionId, { id, tenant, providerSession }) {
      if (!providerSession) return { sessions: [], users: [] };
      const { subject, sid } = providerSession;
      const sessions = await remember(sid === undefined ? withoutSidKey(subject) : sidKey(sid), sessionId);
      const users = await remember(subjectKey(subject), JSON.stringify({ id, tenant }));
      return { sessions, users: users.flatMap(userOf) };
    },

    async find({ subject, sid }) {
      if (sid === undefined) {
        const users = subject === undefined ? [] : await list(subjectKey(subject));
        return { sessions: [], users: users.flatMap(userOf) };
      }
      // Of sessions whose ID token had no `sid`, nobody can say whether they are meant.
      const unnamed = subject === undefined ? [] : await list(withoutSidKey(subject));
      return { sessions: [...(await list(sidKey(sid))), ...unnamed], users: [] };
    },
  };
}

/** None, when the record cannot be understood. */
function entriesOf(value: string): string[] {
  return read(entriesSchema, value) ?? [];
}

function userOf(entry: string): PortalUser[] {
  const user = read(userSchema, entry);
  return user ? [user] : [];
}

function read<T>(schema: v.GenericSchema<unknown, T>, json: string): T | undefined {
  try {
    const { success, output } = v.safeParse(schema, JSON.parse(json));
    return success ? output : undefined;
  } catch {
    return undefined;
  }
}

const sidKey = (sid: string) => `{${digest(sid)}}:provider-session`;
const withoutSidKey = (subject: string) => `{${digest(subject)}}:provider-sessions-without-sid`;
const subjectKey = (subject: string) => `{${digest(subject)}}:provider-subject`;

/** Of one length, whatever a provider sends. */
function digest(text: string): string {
  return hash('sha256', text, 'base64url');
}
