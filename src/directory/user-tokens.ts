import type { PortalUser } from '../portal/portal-user.ts';
import type { Token } from '../token/token.ts';
import { TokenError } from '../token/token-error.ts';
import type { TokenService } from '../token/token-service.ts';
import type { TokenSubject } from '../token/token-subject.ts';
import type { Waiting } from '../token/waiting.ts';
import type { Directory } from './directory.ts';

/** The tokens of portal users. Rejects with a `DirectoryError`, or as the token service does. */
export interface UserTokens {
  /** The token that is held, at once and without a call. Throws a `DirectoryError`. */
  held(user: PortalUser): Token | undefined;
  /** The token that is held, or else a fresh one. */
  obtain(user: PortalUser, waiting: Waiting): Promise<Token>;
  /** Like `obtain`, for a page that thinks its token was refused. */
  rejected(user: PortalUser, waiting: Waiting): Promise<Token>;
  /** The user's last session has ended: nobody gets the user's token any more. */
  forget(user: PortalUser): void;
}

export interface UserTokensDeps {
  readonly directory: Directory;
  readonly tokens: TokenService;
}

type Fetch = (subject: TokenSubject, waiting: Waiting) => Promise<Token>;

export function createUserTokens({ directory, tokens }: UserTokensDeps): UserTokens {
  /** Fetches under way, so that a sign-out reaches them while nobody knows yet which Qlik user they are about. */
  const underWay = new Map<string, Set<{ forgotten: boolean }>>();

  async function fetchFor(user: PortalUser, waiting: Waiting, fetch: Fetch): Promise<Token> {
    const fetching = begin(user);
    const find = async () => {
      const subject = await directory.find(user, waiting);
      if (!fetching.forgotten) return subject;
      throw new TokenError('token_superseded', 'The user signed out before the token was fetched.');
    };
    try {
      return await fetch(await find(), waiting);
    } catch (error) {
      const unknown = error instanceof TokenError && error.code === 'user_not_mapped';
      if (!unknown || !directory.doubt(user)) throw error;
      // Found long ago, and gone since; there may be another one.
      return await fetch(await find(), waiting);
    } finally {
      end(user, fetching);
    }
  }

  function begin(user: PortalUser): { forgotten: boolean } {
    const fetching = { forgotten: false };
    const key = keyOf(user);
    const others = underWay.get(key);
    if (others) others.add(fetching);
    else underWay.set(key, new Set([fetching]));
    return fetching;
  }

  function end(user: PortalUser, fetching: { forgotten: boolean }): void {
    const key = keyOf(user);
    const all = underWay.get(key);
    if (all?.delete(fetching) && all.size === 0) underWay.delete(key);
  }

  return {
    held(user) {
      const subject = directory.known(user);
      return subject && tokens.held(subject);
    },
    obtain: (user, waiting) => fetchFor(user, waiting, tokens.obtain),
    rejected: (user, waiting) => fetchFor(user, waiting, tokens.rejected),

    forget(user) {
      for (const fetching of underWay.get(keyOf(user)) ?? []) fetching.forgotten = true;
      const subject = directory.forget(user);
      if (subject) tokens.forget(subject);
    },
  };
}

function keyOf({ tenant, id }: PortalUser): string {
  return JSON.stringify([tenant ?? null, id]);
}
