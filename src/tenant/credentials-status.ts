import type { Emit } from '../events.ts';
import { QlikError } from '../qlik/errors.ts';

/**
 * Whether the tenant accepts our client's credentials. Its refusal can mean the client or the user, and its answer need
 * not tell which. Credentials with which somebody's token was minted lately are good, so the refusal is the user's; else
 * the client asks for a token of its own, which it gets with good credentials.
 *
 * Many clients may not ask for one, and then that refusal need not tell anything either. So the way is closed, for a
 * while, only when it is certain that the client is refused; otherwise each refused user is not tried again for a while:
 * strangers to the tenant, however many, must not close the way for others.
 */
export interface CredentialsStatus {
  /** How long no mint for `user` should be tried; 0 when one may. */
  pauseMs(user: string): number;
  /** A mint succeeded. */
  accepted(): void;
  /** A mint for `user` was refused. Resolves to whose fault that is; never rejects. */
  refused(user: string, refusal: QlikError): Promise<'user' | 'client'>;
  readonly healthy: boolean;
}

export interface CredentialsStatusDeps {
  readonly now: () => number;
  readonly emit: Emit;
  /** For events. */
  readonly tenant: string;
  readonly clientId: string;
  /** Asks for a token of the client's own. Rejects with the `QlikError` of a refusal, or with another error. */
  readonly askForOwn: () => Promise<unknown>;
}

const GOOD_FOR_MS = 10 * 60_000;
/** The client asks for a token of its own at most once in this time. */
const ASK_EVERY_MS = 30_000;
/** Different users that have to be refused before the client is suspected. */
const SUSPICIOUS_USERS = 3;
const FIRST_PAUSE_MS = 15_000;
const LONGEST_PAUSE_MS = 2 * 60_000;
/** How long a refused user is not tried again; doubles each time. */
const FIRST_USER_PAUSE_MS = 30_000;
const LONGEST_USER_PAUSE_MS = 5 * 60_000;
const MAX_REFUSED_USERS = 1_000;

/** What the tenant said when the client asked for itself: `granted`, its refusal, or nothing. */
type OwnAnswer = string | undefined;
const GRANTED = 'granted';

export function createCredentialsStatus(deps: CredentialsStatusDeps): CredentialsStatus {
  const { now, emit, askForOwn } = deps;
  const facts = { tenant: deps.tenant, client: 'impersonation', clientId: deps.clientId } as const;
  const refusedUsers = new Map<string, { times: number; until: number }>();
  let goodUntil = Number.NEGATIVE_INFINITY;
  let pauses = 0;
  let pausedUntil = 0;
  let suspected = false;
  let askedAt = Number.NEGATIVE_INFINITY;
  let ownAnswer: Promise<OwnAnswer> = Promise.resolve(undefined);
  /** The client was given a token of its own: from then on a refusal of that is telling. */
  let mayAsk = false;

  function askOnce(): Promise<OwnAnswer> {
    if (now() - askedAt >= ASK_EVERY_MS) {
      askedAt = now();
      ownAnswer = askForOwn().then(() => GRANTED, refusalOf);
    }
    return ownAnswer;
  }

  function pauseUser(user: string): void {
    const times = refusedUsers.get(user)?.times ?? 0;
    refusedUsers.delete(user);
    refusedUsers.set(user, {
      times: times + 1,
      until: now() + Math.min(FIRST_USER_PAUSE_MS * 2 ** times, LONGEST_USER_PAUSE_MS),
    });
    if (refusedUsers.size > MAX_REFUSED_USERS)
      refusedUsers.delete(refusedUsers.keys().next().value as string);
  }

  function closeTheWay(): void {
    if (pausedUntil > now()) return;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** pauses, LONGEST_PAUSE_MS);
    pauses += 1;
    pausedUntil = now() + pauseMs;
    emit({ type: 'tenant.client_refused', ...facts, pauseMs });
  }

  function suspect(): void {
    if (suspected || refusedUsers.size < SUSPICIOUS_USERS) return;
    suspected = true;
    emit({ type: 'tenant.client_refused', ...facts, pauseMs: 0 });
  }

  return {
    pauseMs: (user) => Math.max(0, pausedUntil - now(), (refusedUsers.get(user)?.until ?? 0) - now()),

    accepted() {
      if (pauses > 0 || suspected) emit({ type: 'tenant.client_accepted', ...facts });
      goodUntil = now() + GOOD_FOR_MS;
      refusedUsers.clear();
      pauses = 0;
      pausedUntil = 0;
      suspected = false;
    },

    async refused(user, refusal) {
      const { namesUser, namesClient } = refusal.details;
      if (namesClient) {
        closeTheWay();
        return 'client';
      }
      if (namesUser || now() < goodUntil) return 'user';
      pauseUser(user);
      const answer = await askOnce();
      mayAsk ||= answer === GRANTED;
      // One refusal for both would be that of the credentials; with another one, they were accepted before.
      if (answer !== undefined && answer !== refusalOf(refusal)) {
        refusedUsers.delete(user);
        return 'user';
      }
      if (mayAsk && answer !== undefined) closeTheWay();
      else suspect();
      return 'client';
    },

    get healthy() {
      return pauses === 0 && !suspected;
    },
  };
}

/** What an answer refuses with, to be compared; undefined when it is no refusal. */
function refusalOf(error: unknown): OwnAnswer {
  if (!(error instanceof QlikError) || error.code !== 'refused') return undefined;
  const { status, upstream } = error.details;
  return `${status} ${upstream?.codes.join(' ')}`;
}
