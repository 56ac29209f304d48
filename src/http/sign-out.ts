import type { UserTokens } from '../directory/user-tokens.ts';
import type { PortalUser } from '../portal/portal-user.ts';
import type { Sessions } from '../session/sessions.ts';

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
  readonly tokens: UserTokens;
}

export function createSignOut({ sessions, tokens }: SignOutDeps): SignOut {
  return {
    async here({ id, user }) {
      if ((await sessions.close(id)) === 0) tokens.forget(user);
    },
    async everywhere(user) {
      await sessions.closeAll(user);
      tokens.forget(user);
    },
    async afterwards(user) {
      if ((await sessions.count(user)) === 0) tokens.forget(user);
    },
  };
}
