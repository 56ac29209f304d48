import type { Emit, EventQlikUser } from '../events.ts';
import { NoSessionError } from '../session/no-session-error.ts';
import type { Session } from '../session/sessions.ts';
import { TokenError } from '../tenant/token-error.ts';
import type { Deadline } from '../token/deadline.ts';
import type { Token } from '../token/token.ts';
import type { Logout } from './logout.ts';
import type { UserTokens } from './user-tokens.ts';

/** Somebody who waits for the token of a session. */
export interface TokenRequest {
  readonly session: Session;
  /**
   * The session as it is now, without counting as use. Rejects with a `NoSessionError` when it has ended, or is not the
   * caller's any more.
   */
  readonly lookAgain: () => Promise<Session>;
  readonly deadline: Deadline;
}

/**
 * The token of a session's user, and of nobody else. Rejects as `UserTokens` does, and as `lookAgain` does.
 *
 * What was true before a wait need not be true after: so the session is looked at again after every wait. If it has ended
 * meanwhile, the token is for nobody. If what was kept for the user was revoked meanwhile, the token does not count, and
 * the user gets another.
 */
export interface SessionTokens {
  /** The token in the cache, at once and without a call. Throws a `DirectoryError`. */
  cached(session: Session): Token | undefined;
  obtain(request: TokenRequest): Promise<Token>;
  /** For a page that thinks its token was refused. */
  rejected(request: TokenRequest): Promise<Token>;
  /** Like those, for whoever says that there is a token and hands out none. */
  readonly unserved: Pick<SessionTokens, 'cached' | 'obtain'>;
  /** Which user of the tenant that is, as far as it is known without a call. */
  qlikUser(session: Session): EventQlikUser | undefined;
}

export interface SessionTokensDeps {
  readonly tokens: UserTokens;
  readonly logout: Pick<Logout, 'afterwards'>;
  readonly emit: Emit;
}

export function createSessionTokens({ tokens, logout, emit }: SessionTokensDeps): SessionTokens {
  async function obtainWith(
    obtain: UserTokens['obtain'],
    { session, lookAgain, deadline }: TokenRequest,
  ): Promise<Token> {
    for (let current = session, how = obtain; ; how = tokens.obtain) {
      const token = await how(current.user, current.generation, deadline).catch(undefinedIfSuperseded);
      current = await lookAgain().catch(async (error) => {
        if (error instanceof NoSessionError) await logout.afterwards(session.user);
        throw error;
      });
      if (token?.generation === current.generation) return token;
    }
  }

  function served(token: Token): Token {
    emit({ type: 'token.served', cache: 'miss' });
    return token;
  }

  return {
    cached({ user, generation }) {
      const token = tokens.cached(user, generation);
      if (token) emit({ type: 'token.served', cache: 'hit' });
      return token;
    },
    obtain: (request) => obtainWith(tokens.obtain, request).then(served),
    rejected: (request) => obtainWith(tokens.rejected, request).then(served),
    unserved: {
      cached: ({ user, generation }) => tokens.cached(user, generation),
      obtain: (request) => obtainWith(tokens.obtain, request),
    },
    qlikUser: ({ user }) => tokens.qlikUser(user),
  };
}

/** Revoked while it was fetched: if the session is still there, the user gets another. */
function undefinedIfSuperseded(error: unknown): undefined {
  if (error instanceof TokenError && error.code === 'token_superseded') return undefined;
  throw error;
}
