import { hash } from 'node:crypto';
import type { ProviderSession } from '../portal/portal-user.ts';
import type { RecordStore } from '../store/record-store.ts';
import type { ProviderLogoutRequest } from './provider-sessions.ts';

/**
 * Remembers whom an identity provider has logged out lately, for sign-ins that were under way then: their sessions are
 * found nowhere yet. Each call can reject with a `StoreUnavailableError`.
 */
export interface ProviderLogouts {
  note(logout: ProviderLogoutRequest): Promise<void>;
  /** Whether a sign-in that was begun so long ago has been logged out. */
  hasEnded(session: ProviderSession, begunMsAgo: number): Promise<boolean>;
}

export interface ProviderLogoutsDeps {
  readonly store: RecordStore;
  /** Longer than a sign-in may take; in whole milliseconds. */
  readonly rememberMs: number;
}

export function createProviderLogouts({ store, rememberMs }: ProviderLogoutsDeps): ProviderLogouts {
  async function mark(key: string): Promise<void> {
    // The newest counts.
    await store.remove(key);
    await store.create(key, '', { idleMs: rememberMs, lifetimeMs: rememberMs, evenWhenFull: true }, key);
  }

  /** By the store's clock; infinitely long when there is no mark. */
  async function ageMs(key: string): Promise<number> {
    const record = await store.peek(key);
    return record ? rememberMs - record.remainingMs : Number.POSITIVE_INFINITY;
  }

  return {
    async note({ sid, subject }) {
      if (sid !== undefined) await mark(sidKey(sid));
      // Of sign-ins whose ID token has no `sid`, nobody can say whether they are meant.
      if (subject !== undefined) await mark(sid === undefined ? subjectKey(subject) : withoutSidKey(subject));
    },

    async hasEnded({ sid, subject }, begunMsAgo) {
      // A session of the provider's ends once and for all; a subject may sign in again.
      if (sid !== undefined && (await ageMs(sidKey(sid))) < Number.POSITIVE_INFINITY) return true;
      const keys = [subjectKey(subject), ...(sid === undefined ? [withoutSidKey(subject)] : [])];
      const ages = await Promise.all(keys.map(ageMs));
      return ages.some((age) => age <= begunMsAgo);
    },
  };
}

const sidKey = (sid: string) => `{${digest(sid)}}:logged-out-session`;
const subjectKey = (subject: string) => `{${digest(subject)}}:logged-out-subject`;
const withoutSidKey = (subject: string) => `{${digest(subject)}}:logged-out-without-sid`;

/** Of one length, whatever a provider sends. */
function digest(text: string): string {
  return hash('sha256', text, 'base64url');
}
