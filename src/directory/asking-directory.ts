import { LRUCache } from 'lru-cache';
import type { Clock } from '../lib/clock.ts';
import type { PortalUser } from '../portal/portal-user.ts';
import { userTag } from '../portal/user-tag.ts';
import { QlikError } from '../qlik/errors.ts';
import { tenantTrouble } from '../tenant/tenant-trouble.ts';
import { TokenError } from '../tenant/token-error.ts';
import { waitFor } from '../token/deadline.ts';
import type { Tenant, TokenKey } from '../token/token-key.ts';
import type { Directory } from './directory.ts';
import { DirectoryError } from './directory-error.ts';
import type { Identify, Identity } from './find-user.ts';

export interface AskingDirectoryDeps {
  readonly tenant: Tenant;
  readonly identify: Identify;
  /** Whether the groups that the portal names are kept in step at the tenant. */
  readonly groupsMatter: boolean;
  readonly clock: Clock;
  readonly rememberMs: number;
  readonly maxRemembered: number;
  /** How long a look-up that somebody waits for may wait for its turn at the tenant. */
  readonly deadlineMs: number;
  /** A user who was known is somebody else now, or nobody: nobody may act as the subject any more. */
  readonly onLost: (subject: TokenKey) => void;
  /** A look-up behind an answer failed; what was known stays in force. */
  readonly onStale: (subject: TokenKey, error: unknown) => void;
}

interface Entry {
  readonly subject: TokenKey;
  /** As of the newest sign-in that was seen. */
  readonly user: PortalUser;
  readonly groupsInStep: boolean;
  readonly foundAt: number;
  /** From then on the tenant is asked again, behind an answer. */
  readonly until: number;
}

interface Flight {
  readonly pace: { priority: 'directory' | 'renewal'; deadline: number };
  readonly result: Promise<TokenKey>;
}

/** How long a refusal is believed, and how soon after a find the tenant's doubt is not news. */
const BRIEF_MS = 30_000;
const MAX_REFUSALS = 10_000;
/** When what was to be done behind an answer is tried again. */
const RETRY_MS = 60_000;

/**
 * A directory that asks the tenant, once per user however many wait, and remembers. What is remembered is used at once,
 * however old: it is looked up again behind the answer, and stays in force while the tenant cannot be asked.
 */
export function createAskingDirectory(deps: AskingDirectoryDeps): Directory {
  const { tenant, identify, clock } = deps;
  const entries = new LRUCache<string, Entry>({ max: deps.maxRemembered });
  const refusals = new LRUCache<string, { error: Error; until: number }>({ max: MAX_REFUSALS });
  const flights = new Map<string, Flight>();

  /** Who the portal says it is, and all by which the tenant is asked. */
  function keyOf({ tenant: named, id, email }: PortalUser): string {
    return JSON.stringify([tenant.url, named ?? null, id, email ?? null]);
  }

  function refused(key: string): Error | undefined {
    const refusal = refusals.get(key);
    return refusal && clock.now() < refusal.until ? refusal.error : undefined;
  }

  function launch(key: string, user: PortalUser, priority: 'directory' | 'renewal'): Flight {
    const deadlineMs = priority === 'directory' ? deps.deadlineMs : RETRY_MS;
    const pace = { priority, deadline: clock.now() + deadlineMs };
    const flight: Flight = { pace, result: land() };
    flights.set(key, flight);
    flight.result.catch(() => {});
    return flight;

    async function land(): Promise<TokenKey> {
      await Promise.resolve(); // so that `flight` exists
      const current = () => flights.get(key) === flight;
      try {
        const identity = await identify(user, entries.peek(key)?.groupsInStep ?? false, pace);
        return remember(key, user, identity, current());
      } catch (error) {
        const told = error instanceof QlikError ? tenantTrouble(error) : error;
        if (current()) fail(key, told);
        throw told;
      } finally {
        if (current()) flights.delete(key);
      }
    }
  }

  function remember(key: string, user: PortalUser, identity: Identity, keep: boolean): TokenKey {
    const before = entries.peek(key);
    const same = before?.subject.lookup.value === identity.qlikUserId;
    const subject: TokenKey = same
      ? before.subject
      : { tenant, owner: userTag(user), lookup: { field: 'userId', value: identity.qlikUserId } };
    if (!keep) return subject;
    if (before && !same) deps.onLost(before.subject);
    const foundAt = clock.now();
    // Meanwhile the user may have signed in again, with other groups.
    const newest = before && deps.groupsMatter && !sameGroups(before.user, user) ? before.user : user;
    const groupsInStep = identity.groupsInStep && newest === user;
    const rememberMs = groupsInStep ? deps.rememberMs : Math.min(deps.rememberMs, RETRY_MS);
    entries.set(key, {
      subject,
      user: newest,
      groupsInStep,
      foundAt,
      until: newest === user ? foundAt + rememberMs : foundAt,
    });
    refusals.delete(key);
    return subject;
  }

  function fail(key: string, error: unknown): void {
    const before = entries.peek(key);
    if (before && error instanceof DirectoryError) {
      entries.delete(key);
      deps.onLost(before.subject);
    } else if (before) {
      entries.set(key, { ...before, until: clock.now() + Math.min(deps.rememberMs, RETRY_MS) });
      deps.onStale(before.subject, error);
      return;
    }
    if (isLasting(error)) refusals.set(key, { error, until: clock.now() + BRIEF_MS });
  }

  return {
    tenantOf: () => tenant,

    known(user) {
      const key = keyOf(user);
      const entry = entries.get(key);
      if (entry) {
        if (clock.now() >= entry.until && !flights.has(key)) launch(key, entry.user, 'renewal');
        return entry.subject;
      }
      const error = refused(key);
      if (error) throw error;
      return undefined;
    },

    async find(user, deadline) {
      const key = keyOf(user);
      const entry = entries.get(key);
      if (entry && clock.now() < entry.until) return entry.subject;
      const error = refused(key);
      if (error) throw error;
      const flight = flights.get(key) ?? launch(key, entry?.user ?? user, 'directory');
      flight.pace.priority = 'directory';
      return waitFor(flight.result, deadline, clock).catch((error) => {
        if (entry && error instanceof TokenError) return entry.subject;
        throw error;
      });
    },

    doubt(user) {
      const key = keyOf(user);
      const entry = entries.peek(key);
      if (!entry || clock.now() < entry.foundAt + BRIEF_MS) return false;
      entries.delete(key);
      return true;
    },

    loggedIn(user) {
      const key = keyOf(user);
      const entry = entries.peek(key);
      if (!deps.groupsMatter || !entry || sameGroups(entry.user, user)) return;
      entries.set(key, { ...entry, user, groupsInStep: false, until: clock.now() });
    },

    forget(user) {
      const key = keyOf(user);
      const entry = entries.peek(key);
      entries.delete(key);
      refusals.delete(key);
      flights.delete(key);
      return entry?.subject;
    },
  };
}

function sameGroups({ groups: a }: PortalUser, { groups: b }: PortalUser): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((name, index) => name === b[index]);
}

/** An answer that another question would only bring again: about the user, or about what an operator has to mend. */
function isLasting(error: unknown): error is Error {
  if (error instanceof DirectoryError) return true;
  return (
    error instanceof TokenError &&
    (error.code === 'tenant_refused_client' || error.code === 'tenant_bad_response')
  );
}
