import type { Clock } from '../lib/clock.ts';
import type { PortalUser } from '../portal/portal-user.ts';
import { userTag } from '../portal/user-tag.ts';
import type { ProviderSessions } from '../session/provider-sessions.ts';
import type { Sessions } from '../session/sessions.ts';
import type { UserTokens } from './user-tokens.ts';

interface Ended {
  readonly id: string;
  readonly user: PortalUser;
}

/**
 * Ends sessions, and with a user's last one the tokens that are held for that user. When the store fails on the way, the
 * session may have ended, or end yet, and a repeated sign-out would not find it: the tokens are seen to when the store
 * is back.
 */
export interface Logout {
  /** Ends one session, and those that began with the same session of an identity provider's, in the same browser. */
  here(session: Ended): Promise<void>;
  /** Ends each of the user's sessions; how many sessions and tokens that were. */
  everywhere(user: PortalUser): Promise<{ sessions: number; tokens: number }>;
  /** After a session was found to have ended while a token was minted for it: that token may have no owner. */
  afterwards(user: PortalUser): Promise<void>;
}

export interface LogoutDeps {
  readonly sessions: Sessions;
  readonly providerSessions: ProviderSessions;
  readonly tokens: UserTokens;
  readonly after: Clock['after'];
}

/** How often is tried whether the store is back. */
const TRY_AGAIN_MS = 2_000;

export function createLogout({ sessions, providerSessions, tokens, after }: LogoutDeps): Logout {
  /** Tags of those whose tokens are seen to later on. */
  const unsettled = new Set<string>();

  async function end({ id, user }: Ended): Promise<void> {
    if ((await sessions.close(id)) === 0) await tokens.forget(user);
  }

  async function endAll(user: PortalUser) {
    const ended = await sessions.closeAll(user);
    return { sessions: ended, tokens: Number(await tokens.forget(user)) };
  }

  async function forgetUnlessThere(user: PortalUser): Promise<void> {
    if ((await sessions.count(user)) === 0) await tokens.forget(user);
  }

  function laterOn(user: PortalUser): void {
    const tag = userTag(user);
    if (unsettled.has(tag)) return;
    unsettled.add(tag);
    after(TRY_AGAIN_MS, () => {
      unsettled.delete(tag);
      seenTo(user, forgetUnlessThere(user)).catch(() => {});
    });
  }

  async function seenTo<T>(user: PortalUser, logout: Promise<T>): Promise<T> {
    try {
      return await logout;
    } catch (error) {
      if ((error as { code?: unknown }).code === 'store_unavailable') laterOn(user);
      throw error;
    }
  }

  return {
    async here(session) {
      const sid = session.user.providerSession?.sid;
      const began = sid === undefined ? [] : (await providerSessions.find({ sid })).sessions;
      const others = await Promise.all(
        began.filter((id) => id !== session.id).map((id) => sessions.peek(id)),
      );
      for (const other of others) if (other) await seenTo(other.user, end(other));
      // Last: when the store fails before, the sign-out can be asked for again.
      await seenTo(session.user, end(session));
    },
    everywhere: (user) => seenTo(user, endAll(user)),
    afterwards: (user) => seenTo(user, forgetUnlessThere(user)),
  };
}
