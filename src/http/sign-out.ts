import { type Directory, DirectoryError } from '../directory/directory.ts';
import type { PortalUser } from '../portal/portal-user.ts';
import type { Sessions } from '../session/sessions.ts';
import type { TokenService } from '../token/token-service.ts';

/** Ends sessions, and with a user's last one the tokens that are held for that user. */
export interface SignOut {
  /** Ends one session. */
  here(session: { id: string; user: PortalUser }): Promise<void>;
  /** Ends each of the user's sessions. */
  everywhere(user: PortalUser): Promise<void>;
  /** After a session was found to have ended while a token was minted for it: that token may have no owner. */
  afterwards(user: PortalUser): Promise<void>;
}

export interface SignOutDeps {
  readonly sessions: Sessions;
  readonly directory: Directory;
  readonly tokens: TokenService;
}

export function createSignOut({ sessions, directory, tokens }: SignOutDeps): SignOut {
  function forgetTokens(user: PortalUser): void {
    try {
      tokens.forget(directory.resolve(user));
    } catch (error) {
      if (!(error instanceof DirectoryError)) throw error;
    }
  }

  return {
    async here({ id, user }) {
      if ((await sessions.close(id)) === 0) forgetTokens(user);
    },
    async everywhere(user) {
      await sessions.closeAll(user);
      forgetTokens(user);
    },
    async afterwards(user) {
      if ((await sessions.count(user)) === 0) forgetTokens(user);
    },
  };
}
