import type { UserTokens } from '../directory/user-tokens.ts';
import type { PortalUser } from '../portal/portal-user.ts';
import type { ProviderSessions } from '../session/provider-sessions.ts';
import type { Sessions } from '../session/sessions.ts';

interface Ended {
  readonly id: string;
  readonly user: PortalUser;
}

/** Ends sessions, and with a user's last one the tokens that are held for that user. */
export interface SignOut {
  /** Ends one session, and those that began with the same session of an identity provider's, in the same browser. */
  here(session: Ended): Promise<void>;
  /** Ends each of the user's sessions; how many sessions and tokens that were. */
  everywhere(user: PortalUser): Promise<{ sessions: number; tokens: number }>;
  /** After a session was found to have ended while a token was minted for it: that token may have no owner. */
  afterwards(user: PortalUser): Promise<void>;
}

export interface SignOutDeps {
  readonly sessions: Sessions;
  readonly providerSessions: ProviderSessions;
  readonly tokens: UserTokens;
}

export function createSignOut({ sessions, providerSessions, tokens }: SignOutDeps): SignOut {
  async function end({ id, user }: Ended): Promise<void> {
    if ((await sessions.close(id)) === 0) await tokens.forget(user);
  }

  return {
    async here(session) {
      const sid = session.user.providerSession?.sid;
      const began = sid === undefined ? [] : (await providerSessions.find({ sid })).sessions;
      const others = await Promise.all(
        began.filter((id) => id !== session.id).map((id) => sessions.peek(id)),
      );
      for (const other of others) if (other) await end(other);
      // Last: when the store fails before, the sign-out can be asked for again.
      await end(session);
    },
    async everywhere(user) {
      const ended = await sessions.closeAll(user);
      return { sessions: ended, tokens: Number(await tokens.forget(user)) };
    },
    async afterwards(user) {
      if ((await sessions.count(user)) === 0) await tokens.forget(user);
    },
  };
}
