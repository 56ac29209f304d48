import type { Emit } from '../events.ts';
import { eventUser, type PortalUser } from '../portal/portal-user.ts';
import type { Sessions } from '../session/sessions.ts';
import type { Logout } from './logout.ts';
import type { UserTokens } from './user-tokens.ts';

/**
 * What operators end, on every replica from the next request on. Repeating a call does no harm: what there is no more is
 * counted as none. `requestId` is for the log. Each call can reject with a `StoreUnavailableError`.
 */
export interface Revocation {
  /** A user's sessions, and with them the token. */
  sessionsOf(user: PortalUser, requestId: string): Promise<{ sessions: number; tokens: number }>;
  tokenOf(user: PortalUser, requestId: string): Promise<{ tokens: number }>;
  /** Everybody's sessions, and tokens as `allTokens`. */
  allSessions(requestId: string): Promise<void>;
  /** Everybody's tokens, which are not revoked at the tenant: that would use up its rate limit. */
  allTokens(requestId: string): Promise<void>;
}

export interface RevocationDeps {
  readonly sessions: Sessions;
  readonly logout: Logout;
  readonly tokens: UserTokens;
  readonly emit: Emit;
}

export function createRevocation({ sessions, logout, tokens, emit }: RevocationDeps): Revocation {
  return {
    async sessionsOf(user, requestId) {
      const ended = await logout.everywhere(user, 'admin');
      emit({ type: 'admin.sessions_ended', requestId, user: eventUser(user), ...ended });
      return ended;
    },

    async tokenOf(user, requestId) {
      const ended = { tokens: Number(await tokens.forget(user)) };
      emit({ type: 'admin.token_ended', requestId, user: eventUser(user), ...ended });
      return ended;
    },

    async allSessions(requestId) {
      await sessions.closeEverybodys();
      await tokens.forgetAll();
      emit({ type: 'admin.all_sessions_ended', requestId });
    },

    async allTokens(requestId) {
      await tokens.forgetAll();
      emit({ type: 'admin.all_tokens_ended', requestId });
    },
  };
}
