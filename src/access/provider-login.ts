import { isDeepStrictEqual } from 'node:util';
import { LoginRefusedError } from '../portal/portal-auth.ts';
import type { PortalUser } from '../portal/portal-user.ts';
import type { ProviderSessions } from '../session/provider-sessions.ts';
import type { ReplayDetection } from '../session/replay-detection.ts';
import type { Session } from '../session/sessions.ts';
import { providerLoggedOut } from './backchannel-logout.ts';
import type { Login } from './login.ts';
import { LOGIN_LIFETIME_MS } from './login-lifetime.ts';
import type { Logout } from './logout.ts';

/** A login with an identity provider that is completed. */
export interface CompletedLogin {
  readonly user: PortalUser;
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
  /** Sees that the login with this state is completed once only. */
  use(state: string): Promise<void>;
  /** Resolves to the id of the session that was opened; undefined when the browser keeps the one that it has. */
  complete(login: CompletedLogin): Promise<string | undefined>;
}

export interface ProviderLoginDeps {
  readonly login: Login;
  readonly logout: Logout;
  readonly providerSessions: ProviderSessions;
  readonly replays: ReplayDetection;
  /** How long a session may last. */
  readonly lifetimeMs: number;
  readonly now: () => number;
}

export function createProviderLogin(deps: ProviderLoginDeps): ProviderLogin {
  const { login, logout, providerSessions, replays, lifetimeMs, now } = deps;

  /**
   * Whether the session was opened after the login began, for somebody of whom the provider says the same now, in one
   * session of its own: by another tab of the same browser, which began to log in at the same moment. To end that session
   * would answer that tab's requests in flight with 401. One that is older may have been planted before the login.
   */
  function openedMeanwhile(session: Session, user: PortalUser, begunAt: number): boolean {
    const openedAt = now() - (lifetimeMs - session.remainingMs);
    return openedAt > begunAt && isDeepStrictEqual(told(session.user), told(user));
  }

  /** Sees that the provider has not ended its session while ours was opened. */
  async function refuseEnded(sessionId: string, user: PortalUser): Promise<void> {
    const sid = user.providerSession?.sid;
    if (sid === undefined || !(await replays.isClaimed(providerLoggedOut(sid)))) return;
    await logout.here({ id: sessionId, user }, 'provider_session_ended');
    throw new LoginRefusedError('bad_request', 'The identity provider has ended this sign-in.');
  }

  return {
    async use(state) {
      if (await replays.claim(`login ${state}`, LOGIN_LIFETIME_MS)) return;
      throw new LoginRefusedError(
        'bad_request',
        'This sign-in was not begun in this browser, is over, or took too long.',
      );
    },

    async complete({ user, begunAt, present }) {
      const kept = present && openedMeanwhile(present, user, begunAt) ? present : undefined;
      const opened = kept
        ? undefined
        : await login.open(user, {
            previous: present,
            beforehand: (id) => providerSessions.note(id, user),
          });
      await refuseEnded((kept?.id ?? opened) as string, user);
      return opened;
    },
  };
}

/** All but the ID token, which is another at each login. */
function told(user: PortalUser) {
  return { ...user, providerSession: { ...user.providerSession, idToken: undefined } };
}
