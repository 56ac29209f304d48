import { DirectoryError } from '../directory/directory-error.ts';
import type { EventQlikUser } from '../events.ts';
import type { PortalUser } from '../portal/portal-user.ts';
import { userTag } from '../portal/user-tag.ts';
import type { Advance, Advanced } from '../store/record-store.ts';
import { superseded, TokenError } from '../tenant/token-error.ts';
import type { Deadline } from '../token/deadline.ts';
import type { Token } from '../token/token.ts';
import { cacheKey, eventFacts, type TokenKey, type TokenOwner } from '../token/token-key.ts';
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
  /** Which user of the tenant that is, as far as it is known without a call; undefined also when nobody may be that user. */
  qlikUser(user: PortalUser): EventQlikUser | undefined;
  /** Whether the token that is kept for the user is another Qlik user's, who the user was before. */
  isAnothers(user: PortalUser): Promise<boolean>;
  /** What the store is to be told when the user's sessions end: the token ends with the last one. */
  ending(user: PortalUser): Advance;
  /** The user's generation has ended in the store: the tokens of it are revoked. Whether there was one. */
  ended(user: PortalUser, advanced: Advanced): boolean;
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
      const find = async () => {
        const key = await directory.find(user, deadline);
        const token = await obtain(key, generation, deadline);
        await seeStillMapped(user, key);
        return token;
      };
      try {
        return await find();
      } catch (error) {
        const unknown = error instanceof TokenError && error.code === 'user_not_mapped';
        if (!unknown || !directory.doubt(user)) throw error;
        // Found long ago, and gone since; there may be another one.
        return await find();
      }
    };
  }

  /** The mapping may have changed meanwhile: a token of whom the user is no longer goes to nobody. */
  async function seeStillMapped(user: PortalUser, key: TokenKey): Promise<void> {
    try {
      const now = tenants.of(user).directory.known(user);
      if (!now || cacheKey(now) === cacheKey(key)) return;
    } catch (error) {
      if (error instanceof DirectoryError) await tokens.forget(key);
      throw error;
    }
    await tokens.forget(key);
    throw superseded();
  }

  function knownOrNone(user: PortalUser): TokenKey | undefined {
    try {
      return tenants.of(user).directory.known(user);
    } catch (error) {
      if (error instanceof DirectoryError) return undefined;
      throw error;
    }
  }

  /** A replica that does not know which Qlik user it is about can still forget the portal user's token. */
  function ownerOf(user: PortalUser): TokenKey | TokenOwner | undefined {
    const served = tenants.find(user);
    if (!served) return undefined;
    return served.directory.forget(user) ?? { tenant: served.tenant, owner: userTag(user) };
  }

  return {
    cached(user, generation) {
      const key = tenants.of(user).directory.known(user);
      return key && tokens.cached(key, generation);
    },
    obtain: obtainWith(tokens.obtain),
    rejected: obtainWith(tokens.rejected),
    qlikUser(user) {
      const key = tenants.find(user) && knownOrNone(user);
      return key && eventFacts(key).qlikUser;
    },
    async isAnothers(user) {
      const key = knownOrNone(user);
      return key !== undefined && tokens.isAnothers(key);
    },
    ending: (user) => tokens.ending(userTag(user)),
    ended(user, advanced) {
      const whose = ownerOf(user);
      return whose !== undefined && tokens.ended(whose, advanced);
    },
    async forget(user) {
      const whose = ownerOf(user);
      return whose !== undefined && tokens.forget(whose);
    },
    forgetAll: tokens.forgetAll,
  };
}
