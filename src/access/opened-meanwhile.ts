import { isDeepStrictEqual } from 'node:util';
import type { PortalUser } from '../portal/portal-user.ts';
import type { Sessions } from '../session/sessions.ts';

/**
 * Whether a session was opened after `since` (milliseconds since the epoch) for somebody of whom the provider says the
 * same now, in one session of its own: by another tab of the same browser, which began to sign in at the same moment.
 * Rejects with a `StoreUnavailableError`.
 */
export type OpenedMeanwhile = (sessionId: string, user: PortalUser, since: number) => Promise<boolean>;

export interface OpenedMeanwhileDeps {
  readonly sessions: Sessions;
  /** How long a session may last. */
  readonly lifetimeMs: number;
  readonly now: () => number;
}

export function createOpenedMeanwhile({ sessions, lifetimeMs, now }: OpenedMeanwhileDeps): OpenedMeanwhile {
  return async (sessionId, user, since) => {
    const session = await sessions.peek(sessionId);
    if (!session) return false;
    const openedAt = now() - (lifetimeMs - session.remainingMs);
    // One that is older may have been planted before the sign-in.
    return openedAt > since && isDeepStrictEqual(told(session.user), told(user));
  };
}

/** All but the ID token, which is another at each sign-in. */
function told(user: PortalUser) {
  return { ...user, providerSession: { ...user.providerSession, idToken: undefined } };
}
