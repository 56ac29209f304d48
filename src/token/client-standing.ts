/**
 * Whether the tenant takes our client. Its refusal can mean the client or the user, and its answer need not tell which:
 * a client that minted for somebody lately is in good standing, so the refusal is the user's. Without that, one refused
 * user proves nothing, and is not tried again for a while; when several are refused in a row, the client is, and the
 * tenant is left alone for a while.
 */
export interface ClientStanding {
  /** How long no mint for `user` should be tried; 0 when one may. */
  pauseMs(user: string): number;
  /** A mint succeeded. */
  accepted(): void;
  /** A mint for `user` was refused. Answers whose fault that is. */
  refused(user: string, namesUser: boolean): 'user' | 'client';
  readonly healthy: boolean;
}

export interface ClientStandingDeps {
  readonly now: () => number;
  /** Told when the client counts as refused (with the pause) and when it is taken again. */
  readonly onChange: (change: { refused: true; pauseMs: number } | { refused: false }) => void;
}

const GOOD_FOR_MS = 10 * 60_000;
/** Different users that have to be refused before nobody is tried. */
const SUSPICIOUS_USERS = 3;
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 5 * 60_000;

export function createClientStanding({ now, onChange }: ClientStandingDeps): ClientStanding {
  /** Until when each is not tried again. */
  const refusedUsers = new Map<string, number>();
  let goodUntil = Number.NEGATIVE_INFINITY;
  let pauses = 0;
  let pausedUntil = 0;

  return {
    pauseMs: (user) => Math.max(0, pausedUntil - now(), (refusedUsers.get(user) ?? 0) - now()),

    accepted() {
      if (pauses > 0) onChange({ refused: false });
      goodUntil = now() + GOOD_FOR_MS;
      refusedUsers.clear();
      pauses = 0;
      pausedUntil = 0;
    },

    refused(user, namesUser) {
      if (namesUser || now() < goodUntil) return 'user';
      if (refusedUsers.size < SUSPICIOUS_USERS || refusedUsers.has(user))
        refusedUsers.set(user, now() + FIRST_PAUSE_MS);
      if (refusedUsers.size === SUSPICIOUS_USERS && pausedUntil <= now()) {
        const pause = Math.min(FIRST_PAUSE_MS * 2 ** pauses, LONGEST_PAUSE_MS);
        pauses += 1;
        pausedUntil = now() + pause;
        onChange({ refused: true, pauseMs: pause });
      }
      return 'client';
    },

    get healthy() {
      return pauses === 0;
    },
  };
}
