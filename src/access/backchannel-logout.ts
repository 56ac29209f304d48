import type { LogoutTokenReader } from '../portal/logout-token.ts';
import { LoginRefusedError } from '../portal/portal-auth.ts';
import type { ProviderSessions } from '../session/provider-sessions.ts';
import type { ReplayDetection } from '../session/replay-detection.ts';
import type { Sessions } from '../session/sessions.ts';
import { LOGIN_LIFETIME_MS } from './login-lifetime.ts';
import type { Logout } from './logout.ts';

/** How many sessions, and users with all that they had, the identity provider has logged out. */
export interface LoggedOut {
  readonly sessions: number;
  readonly users: number;
}

/**
 * The identity provider logs somebody out (OpenID Connect Back-Channel Logout 1.0). Rejects with an
 * `IdentityProviderError` or a `LoginRefusedError` when the token is not to be believed, and with a
 * `StoreUnavailableError`.
 */
export type BackchannelLogout = (logoutToken: string) => Promise<LoggedOut>;

export interface BackchannelLogoutDeps {
  readonly tokens: LogoutTokenReader;
  readonly sessions: Sessions;
  readonly providerSessions: ProviderSessions;
  readonly replays: ReplayDetection;
  readonly logout: Logout;
}

/** What replay detection is told when the provider has ended one of its sessions. */
export function providerLoggedOut(sid: string): string {
  return `signed out ${sid}`;
}

export function createBackchannelLogout(deps: BackchannelLogoutDeps): BackchannelLogout {
  const { tokens, sessions, providerSessions, replays, logout } = deps;

  return async (logoutToken) => {
    const { id, sid, subject, acceptedForMs } = await tokens.read(logoutToken);
    const use = `logout token ${id}`;
    if (!(await replays.claim(use, acceptedForMs)))
      throw new LoginRefusedError('bad_request', 'The logout token was used before.');
    try {
      // A login with this session may be under way.
      if (sid !== undefined) await replays.claim(providerLoggedOut(sid), LOGIN_LIFETIME_MS);
      const found = await providerSessions.find({ sid, subject });
      const open = await Promise.all(found.sessions.map((session) => sessions.peek(session)));
      const ended = open.filter((session) => session !== undefined);
      for (const session of ended) await logout.here(session, 'backchannel_logout');
      for (const user of found.users) await logout.everywhere(user, 'backchannel_logout');
      return { sessions: ended.length, users: found.users.length };
    } catch (error) {
      // The provider may try again with the same token.
      await replays.release(use).catch(() => {});
      throw error;
    }
  };
}
