import type { LogoutTokenReader } from '../portal/logout-token.ts';
import { LoginRefusedError } from '../portal/portal-auth.ts';
import type { ProviderLogouts } from '../session/provider-logouts.ts';
import type { ProviderSessions } from '../session/provider-sessions.ts';
import type { ReplayDetection } from '../session/replay-detection.ts';
import type { Sessions } from '../session/sessions.ts';
import { endThere } from './end-there.ts';
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
  readonly providerLogouts: ProviderLogouts;
  readonly replays: ReplayDetection;
  readonly logout: Logout;
}

export function createBackchannelLogout(deps: BackchannelLogoutDeps): BackchannelLogout {
  const { tokens, providerSessions, providerLogouts, replays } = deps;

  return async (logoutToken) => {
    const { id, sid, subject, acceptedForMs } = await tokens.read(logoutToken);
    const use = `logout token ${id}`;
    if (await replays.isClaimed(use))
      throw new LoginRefusedError('bad_request', 'The logout token was used before.');
    // First, since a sign-in may be under way: it looks for this when its session can be found.
    await providerLogouts.note({ sid, subject });
    const found = await providerSessions.find({ sid, subject });
    const sessions = await endThere(deps, found, 'backchannel_logout');
    // Last: until then the provider may try again with the same token.
    await replays.claim(use, acceptedForMs);
    return { sessions, users: found.users.length };
  };
}
