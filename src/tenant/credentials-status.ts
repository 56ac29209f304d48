import type { Emit } from '../events.ts';

/**
 * Whether the tenant accepts our client's credentials. Its refusal can mean the client or the user, and its answer need not tell which:
 * credentials with which somebody's token was minted lately are good, so the refusal is the user's. Without that, one refused
 * user proves nothing, and is not tried again for a while; when several are refused in a row, the client is, and the
 * tenant is left alone for a while. After each pause users who were not refused yet go first: the refused ones may be
 * strangers to the tenant, who must not close the way for all others for good.
 */
export interface CredentialsStatus {
  /** How long no mint for `user` should be tried; 0 when one may. */
  pauseMs(user: string): number;
  /** A mint succeeded. */
  accepted(): void;
  /** A mint for `user` was refused. Answers whose fault that is. */
  refused(user: string, namesUser: boolean): 'user' | 'client';
  readonly healthy: boolean;
}

export interface CredentialsStatusDeps {
  readonly now: () => number;
  readonly emit: Emit;
  /** For events. */
  readonly tenant: string;
  readonly clientId: string;
}

const GOOD_FOR_MS = 10 * 60_000;
/** Different users that have to be refused before nobody is tried. */
const SUSPICIOUS_USERS = 3;
const FIRST_PAUSE_MS = 15_000;
const LONGEST_PAUSE_MS = 2 * 60_000;
/** How long after a pause only users are tried who were not refused yet. */
const NEWCOMERS_MS = 30_000;
/** How long a refused user is not tried again; doubles each time. */
const FIRST_USER_PAUSE_MS = 30_000;
const LONGEST_USER_PAUSE_MS = 5 * 60_000;
const MAX_REFUSED_USERS = 1_000;

export function createCredentialsStatus(deps: CredentialsStatusDeps): CredentialsStatus {
  const { now, emit } = deps;
  const facts = { tenant: deps.tenant, client: 'impersonation', clientId: deps.clientId } as const;
  const refusedUsers = new Map<string, { times: number; until: number }>();
  let goodUntil = Number.NEGATIVE_INFINITY;
  let pauses = 0;
  let pausedUntil = 0;
  let newcomersUntil = 0;

  function pause(): void {
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (pauses - 1), LONGEST_PAUSE_MS);
    pausedUntil = now() + pauseMs;
    newcomersUntil = pausedUntil + NEWCOMERS_MS;
    emit({ type: 'tenant.client_refused', ...facts, pauseMs });
  }

  return {
    pauseMs(user) {
      const before = refusedUsers.get(user);
      const until = before ? Math.max(before.until, newcomersUntil) : pausedUntil;
      return Math.max(0, until - now());
    },

    accepted() {
      if (pauses > 0) emit({ type: 'tenant.client_accepted', ...facts });
      goodUntil = now() + GOOD_FOR_MS;
      refusedUsers.clear();
      pauses = 0;
      pausedUntil = 0;
      newcomersUntil = 0;
    },

    refused(user, namesUser) {
      if (namesUser || now() < goodUntil) return 'user';
      const times = refusedUsers.get(user)?.times ?? 0;
      refusedUsers.delete(user);
      refusedUsers.set(user, {
        times: times + 1,
        until: now() + Math.min(FIRST_USER_PAUSE_MS * 2 ** times, LONGEST_USER_PAUSE_MS),
      });
      if (refusedUsers.size > MAX_REFUSED_USERS)
        refusedUsers.delete(refusedUsers.keys().next().value as string);
      if (refusedUsers.size >= SUSPICIOUS_USERS && pausedUntil <= now()) {
        // That a user is refused once more tells nothing new about the client.
        if (times === 0 || pauses === 0) pauses += 1;
        pause();
      }
      return 'client';
    },

    get healthy() {
      return pauses === 0;
    },
  };
}
