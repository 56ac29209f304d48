import { LRUCache } from 'lru-cache';
import type { Emit } from '../events.ts';
import { lowerAscii } from '../lib/ascii.ts';
import { BoundedMap } from '../lib/bounded-map.ts';
import type { Clock } from '../lib/clock.ts';
import { createRateLimiter, type Rate } from '../lib/rate-limiter.ts';
import type { PortalUser } from '../portal/portal-user.ts';
import { userTag } from '../portal/user-tag.ts';
import { QlikError } from '../qlik/errors.ts';
import { tenantTrouble } from '../tenant/tenant-trouble.ts';
import { TokenError, tooManyMints } from '../tenant/token-error.ts';
import { waitFor } from '../token/deadline.ts';
import type { TenantIdentity, TokenKey } from '../token/token-key.ts';
import type { Directory } from './directory.ts';
import { DirectoryError } from './directory-error.ts';
import type { Identify, Identity } from './find-user.ts';

export interface AskingDirectoryDeps {
  readonly tenant: TenantIdentity;
  readonly identify: Identify;
  /** Whether the groups that the portal names are kept in step at the tenant. */
  readonly groupsMatter: boolean;
  readonly clock: Clock;
  readonly rememberMs: number;
  /** Look-ups that one user may cause, at this replica. */
  readonly askRate: Rate;
  readonly maxRemembered: number;
  /** How long a look-up that somebody waits for may wait in the tenant's queue. */
  readonly deadlineMs: number;
  readonly emit: Emit;
  /** A user who was known is somebody else now, or nobody: nobody gets that token any more. */
  readonly loseToken: (key: TokenKey) => void;
}

interface Entry {
  readonly key: TokenKey;
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
  const { tenant, identify, clock, emit } = deps;
  const entries = new LRUCache<string, Entry>({ max: deps.maxRemembered });
  const refusals = new BoundedMap<string, { error: Error; until: number }>(MAX_REFUSALS);
  const flights = new Map<string, Flight>();
  const asked = createRateLimiter(deps.askRate, clock.now);

  /** Who the portal says it is, and all by which the tenant is asked. An e-mail is the same one in another case. */
  function idOf({ tenant: named, id, email }: PortalUser): string {
    return JSON.stringify([tenant.url, named ?? null, id, email === undefined ? null : lowerAscii(email)]);
  }

  function refused(id: string): Error | undefined {
    const refusal = refusals.get(id);
    return refusal && clock.now() < refusal.until ? refusal.error : undefined;
  }

  /** For somebody who waits: whoever signs in and out in a loop leaves the tenant to others. */
  function ask(id: string, user: PortalUser): Flight {
    const waitMs = asked.take(id);
    if (waitMs > 0) throw tooManyMints(waitMs);
    const flight = launch(id, user, 'directory');
    flight.result.catch((error) => {
      if (isTrouble(error)) asked.giveBack(id);
    });
    return flight;
  }

  function launch(id: string, user: PortalUser, priority: 'directory' | 'renewal'): Flight {
    const deadlineMs = priority === 'directory' ? deps.deadlineMs : RETRY_MS;
    const pace = { priority, deadline: clock.now() + deadlineMs };
    const flight: Flight = { pace, result: land() };
    flights.set(id, flight);
    flight.result.catch(() => {});
    return flight;

    async function land(): Promise<TokenKey> {
      await Promise.resolve(); // so that `flight` exists
      const current = () => flights.get(id) === flight;
      try {
        const identity = await identify(user, entries.peek(id)?.groupsInStep ?? false, pace);
        return remember(id, user, identity, current());
      } catch (error) {
        const told = error instanceof QlikError ? tenantTrouble(error) : error;
        if (current()) fail(id, told);
        throw told;
      } finally {
        if (current()) flights.delete(id);
      }
    }
  }

  function remember(id: string, user: PortalUser, identity: Identity, keep: boolean): TokenKey {
    const before = entries.peek(id);
    const same = before?.key.lookup.value === identity.qlikUserId;
    const key: TokenKey = same
      ? before.key
      : {
          tenant,
          owner: userTag(user),
          lookup: { field: 'userId', value: identity.qlikUserId },
          checked: true,
        };
    if (!keep) return key;
    if (before && !same) lose(before.key);
    const foundAt = clock.now();
    // Meanwhile the user may have signed in again, with other groups.
    const newest = before && deps.groupsMatter && !sameGroups(before.user, user) ? before.user : user;
    const groupsInStep = identity.groupsInStep && newest === user;
    const rememberMs = groupsInStep ? deps.rememberMs : Math.min(deps.rememberMs, RETRY_MS);
    entries.set(id, {
      key,
      user: newest,
      groupsInStep,
      foundAt,
      until: newest === user ? foundAt + rememberMs : foundAt,
    });
    refusals.delete(id);
    return key;
  }

  function lose(lost: TokenKey): void {
    emit({ type: 'user.lost', tenant: tenant.name, userId: lost.lookup.value });
    deps.loseToken(lost);
  }

  function fail(id: string, error: unknown): void {
    const before = entries.peek(id);
    if (before && error instanceof DirectoryError) {
      entries.delete(id);
      lose(before.key);
    } else if (before) {
      entries.set(id, { ...before, until: clock.now() + Math.min(deps.rememberMs, RETRY_MS) });
      emit({ type: 'user.stale', tenant: tenant.name, userId: before.key.lookup.value, error });
      return;
    }
    if (isPermanent(error)) refusals.set(id, { error, until: clock.now() + BRIEF_MS });
  }

  return {
    known(user) {
      const id = idOf(user);
      const entry = entries.get(id);
      if (entry) {
        if (clock.now() >= entry.until && !flights.has(id)) launch(id, entry.user, 'renewal');
        return entry.key;
      }
      const error = refused(id);
      if (error) throw error;
      return undefined;
    },

    async find(user, deadline) {
      const id = idOf(user);
      const entry = entries.get(id);
      if (entry && clock.now() < entry.until) return entry.key;
      const error = refused(id);
      if (error) throw error;
      const flight = flights.get(id) ?? ask(id, entry?.user ?? user);
      flight.pace.priority = 'directory';
      return waitFor(flight.result, deadline, clock).catch((error) => {
        if (entry && error instanceof TokenError) return entry.key;
        throw error;
      });
    },

    doubt(user) {
      const id = idOf(user);
      const entry = entries.peek(id);
      if (!entry || clock.now() < entry.foundAt + BRIEF_MS) return false;
      entries.delete(id);
      return true;
    },

    loggedIn(user) {
      const id = idOf(user);
      const entry = entries.peek(id);
      if (!deps.groupsMatter || !entry || sameGroups(entry.user, user)) return;
      entries.set(id, { ...entry, user, groupsInStep: false, until: clock.now() });
    },

    forget(user) {
      const id = idOf(user);
      const entry = entries.peek(id);
      entries.delete(id);
      refusals.delete(id);
      flights.delete(id);
      return entry?.key;
    },

    close() {},
  };
}

function sameGroups({ groups: a }: PortalUser, { groups: b }: PortalUser): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((name, index) => name === b[index]);
}

function isTrouble(error: unknown): boolean {
  return (
    error instanceof TokenError && (error.code === 'tenant_unavailable' || error.code === 'tenant_throttled')
  );
}

/** An answer that another question would only bring again: about the user, or about what an operator has to mend. */
function isPermanent(error: unknown): error is Error {
  if (error instanceof DirectoryError) return true;
  return (
    error instanceof TokenError &&
    (error.code === 'tenant_refused_client' || error.code === 'tenant_bad_response')
  );
}
