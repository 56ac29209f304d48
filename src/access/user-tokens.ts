import type { PortalUser } from '../portal/portal-user.ts';
import { userTag } from '../portal/user-tag.ts';
import { TokenError } from '../tenant/token-error.ts';
import type { Deadline } from '../token/deadline.ts';
import type { Token } from '../token/token.ts';
import type { TokenService } from '../token/token-service.ts';
import type { Tenants } from './tenants.ts';

/**
 * The tokens of portal users; `generation` as the session shows it. Rejects with a `DirectoryError`, or as the token
 * service does.
 */
export interface UserTokens {
  /** The token in the cache, at once and without a call. Throws a `DirectoryError`. */
  cached(user: PortalUser, generation: string): Token | undefined;
  /** The token that is cached or shared, or else a fresh one. */
  obtain(user: PortalUser, generation: string, deadline: Deadline): Promise<Token>;
  /** Like `obtain`, for a page that thinks its token was refused. */
  rejected(user: PortalUser, generation: string, deadline: Deadline): Promise<Token>;
  /**
   * Nobody gets the token any more that the user has, or is getting, on whichever replica. Resolves to whether there was
   * one. Can reject with a `StoreUnavailableError`.
   */
  forget(user: PortalUser): Promise<boolean>;
  /** The same for all users, without revoking their tokens at the tenant. */
  forgetAll(): Promise<void>;
}

export interface UserTokensDeps {
  readonly tenants: Tenants;
  readonly tokens: TokenService;
}

export function createUserTokens({ tenants, tokens }: UserTokensDeps): UserTokens {
  function obtainWith(obtain: TokenService['obtain']): UserTokens['obtain'] {
    return async (user, generation, deadline) => {
      const { directory } = tenants.of(user);
      try {
        return await obtain(await directory.find(user, deadline), generation, deadline);
      } catch (error) {
        const unknown = error instanceof TokenError && error.code === 'user_not_mapped';
        if (!unknown || !directory.doubt(user)) throw error;
        // Found long ago, and gone since; there may be another one.
        return await obtain(await directory.find(user, deadline), generation, deadline);
      }
    };
  }

  return {
    cached(user, generation) {
      const key = tenants.of(user).directory.known(user);
      return key && tokens.cached(key, generation);
    },
    obtain: obtainWith(tokens.obtain),
    rejected: obtainWith(tokens.rejected),
    forget(user) {
      const { tenant, directory } = tenants.of(user);
      // A replica that does not know which Qlik user it is about can still forget the portal user's token.
      return tokens.forget(directory.forget(user) ?? { tenant, owner: userTag(user) });
    },
    forgetAll: tokens.forgetAll,
  };
}
