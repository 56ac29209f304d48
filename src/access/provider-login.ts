import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { BoundedMap } from '../lib/bounded-map.ts';
import { LoginRefusedError } from '../portal/portal-auth.ts';
import type { PortalUser } from '../portal/portal-user.ts';
import type { ProviderLogouts } from '../session/provider-logouts.ts';
import type { ProviderSessions } from '../session/provider-sessions.ts';
import type { ReplayDetection } from '../session/replay-detection.ts';
import type { Session, Sessions } from '../session/sessions.ts';
import { endThere } from './end-there.ts';
import type { Login } from './login.ts';
import { LOGIN_LIFETIME_MS } from './login-lifetime.ts';
import type { Logout } from './logout.ts';

/** A login with an identity provider that is completed. */
export interface CompletedLogin {
  readonly user: PortalUser;
  /** That of the login, for nobody but the browser that began it. */
  readonly state: string;
  /** When the browser began it; milliseconds since the epoch. */
  readonly begunAt: number;
  /** The session that the browser has. */
  readonly present: Session | undefined;
}

/**
 * The last steps of a login with an identity provider. Each call can reject with a `StoreUnavailableError` or a
 * `LoginRefusedError`.
 */
export interface ProviderLogin {
  /** Refuses a login whose way back was taken before at this replica, so that nobody is asked for it again. */
  begin(state: string): void;
  /** Whether the session was opened after a login began: by another tab of the same browser, most likely. */
  isOpenedSince(session: Session, begunAt: number): boolean;
  /**
   * Resolves to the id of the session that was opened; undefined when the browser keeps the one that it has. A login is
   * completed once: another one with its state is refused.
   */
  complete(login: CompletedLogin): Promise<string | undefined>;
}

export interface ProviderLoginDeps {
  readonly login: Login;
  readonly logout: Logout;
  readonly sessions: Sessions;
  readonly providerSessions: ProviderSessions;
  readonly providerLogouts: ProviderLogouts;
  readonly replays: ReplayDetection;
  /** How long a session may last. */
  readonly lifetimeMs: number;
  readonly now: () => number;
}

const MAX_REMEMBERED = 10_000;

export function createProviderLogin(deps: ProviderLoginDeps): ProviderLogin {
  const { login, logout, providerSessions, providerLogouts, replays, lifetimeMs, now } = deps;

  /**
   * Whether the session was opened after the login began, for somebody of whom the provider says the same now, in one
   * session of its own: by another tab of the same browser, which began to log in at the same moment. To end that session
   * would answer that tab's requests in flight with 401. One that is older may have been planted before the login.
   */
  function openedMeanwhile(session: Session, user: PortalUser, begunAt: number): boolean {
    return isOpenedSince(session, begunAt) && isDeepStrictEqual(told(session.user), told(user));
  }

  function isOpenedSince(session: Session, begunAt: number): boolean {
    return now() - (lifetimeMs - session.remainingMs) > begunAt;
  }

  const begun = new BoundedMap<string, true>(MAX_REMEMBERED);

  async function use(state: string): Promise<void> {
    if (await replays.claim(`login ${state}`, LOGIN_LIFETIME_MS)) return;
    throw usedBefore();
  }

  async function note(sessionId: string, user: PortalUser): Promise<void> {
    await endThere(deps, await providerSessions.note(sessionId, user), 'too_many');
  }

  /** Sees that the provider has not logged the user out while our session was opened. */
  async function refuseEnded(sessionId: string, { user, begunAt }: CompletedLogin): Promise<void> {
    const { providerSession } = user;
    if (!providerSession || !(await providerLogouts.hasEnded(providerSession, now() - begunAt))) return;
    await logout.here({ id: sessionId, user }, 'provider_session_ended');
    throw new LoginRefusedError('bad_request', 'The identity provider has ended this sign-in.');
  }

  return {
    begin(state) {
      const id = hash('sha256', state, 'base64url');
      if (begun.has(id)) throw usedBefore();
      begun.set(id, true);
    },

    isOpenedSince,

    async complete(completed) {
      const { user, state, begunAt, present } = completed;
      await use(state);
      const kept = present && openedMeanwhile(present, user, begunAt) ? present : undefined;
      const opened = kept
        ? undefined
        : await login.open(user, { previous: present, beforehand: (id) => note(id, user) });
      await refuseEnded((kept?.id ?? opened) as string, completed);
      return opened;
    },
  };
}

function usedBefore(): LoginRefusedError {
  return new LoginRefusedError('bad_request', 'This sign-in was completed before.');
}

/** All but the ID token, which is another at each login. */
function told(user: PortalUser) {
  return { ...user, providerSession: { ...user.providerSession, idToken: undefined } };
}
