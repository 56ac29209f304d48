import type { Emit, SessionEnd } from '../events.ts';
import type { Clock } from '../lib/clock.ts';
import { eventUser, type PortalUser } from '../portal/portal-user.ts';
import { userTag } from '../portal/user-tag.ts';
import type { ProviderSessions } from '../session/provider-sessions.ts';
import type { Session, Sessions } from '../session/sessions.ts';
import { StoreUnavailableError } from '../store/record-store.ts';
import type { UserTokens } from './user-tokens.ts';

/** A session to be ended. */
export type EndedSession = Pick<Session, 'id' | 'user'>;

/**
 * Ends sessions, and with a user's last one the tokens that are kept for that user. When the store fails on the way, the
 * session may have ended, or end yet, and a repeated logout would not find it: the tokens are seen to when the store is
 * back. Each call can reject with a `StoreUnavailableError`.
 */
export interface Logout {
  /**
   * Ends one session, and those that began with the same session of an identity provider's, in the same browser; `except`:
   * the id of one that has just taken its place.
   */
  here(session: EndedSession, reason: SessionEnd, except?: string): Promise<void>;
  /** Ends one session. */
  alone(session: EndedSession, reason: SessionEnd): Promise<void>;
  /** Ends each of the user's sessions; how many sessions and tokens that were. */
  everywhere(user: PortalUser, reason: SessionEnd): Promise<{ sessions: number; tokens: number }>;
  /** After a session was found to have ended while a token was minted for it: that token may have no owner. */
  afterwards(user: PortalUser): Promise<void>;
}

export interface LogoutDeps {
  readonly sessions: Sessions;
  readonly providerSessions: ProviderSessions;
  readonly tokens: UserTokens;
  readonly after: Clock['after'];
  readonly emit: Emit;
}

/** How often is tried whether the store is back. */
const TRY_AGAIN_MS = 2_000;

export function createLogout({ sessions, providerSessions, tokens, after, emit }: LogoutDeps): Logout {
  /** Tags of those whose tokens are seen to later on. */
  const unsettled = new Set<string>();

  function ended(user: PortalUser, reason: SessionEnd, count: number, forgotten: boolean): void {
    emit({
      type: 'session.ended',
      user: eventUser(user),
      reason,
      sessions: count,
      tokens: Number(forgotten),
    });
  }

  async function end({ id, user }: EndedSession, reason: SessionEnd): Promise<void> {
    const removed = await sessions.close(id, tokens.ending(user));
    const forgotten = removed?.advanced !== undefined && tokens.ended(user, removed.advanced);
    if (removed) ended(user, reason, 1, forgotten);
  }

  async function endAll(user: PortalUser, reason: SessionEnd) {
    const { removed, advanced } = await sessions.closeAll(user, tokens.ending(user));
    const forgotten = tokens.ended(user, advanced);
    if (removed > 0 || forgotten) ended(user, reason, removed, forgotten);
    return { sessions: removed, tokens: Number(forgotten) };
  }

  async function forgetUnlessThere(user: PortalUser): Promise<void> {
    const advanced = await sessions.endKept(user, tokens.ending(user));
    if (advanced) tokens.ended(user, advanced);
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
      if (error instanceof StoreUnavailableError) laterOn(user);
      throw error;
    }
  }

  return {
    async here(session, reason, except) {
      const sid = session.user.providerSession?.sid;
      const began = sid === undefined ? [] : (await providerSessions.find({ sid })).sessions;
      const others = await Promise.all(
        began.filter((id) => id !== session.id && id !== except).map((id) => sessions.peek(id)),
      );
      for (const other of others) if (other) await seenTo(other.user, end(other, reason));
      // Last: when the store fails before, the logout can be asked for again.
      await seenTo(session.user, end(session, reason));
    },
    alone: (session, reason) => seenTo(session.user, end(session, reason)),
    everywhere: (user, reason) => seenTo(user, endAll(user, reason)),
    afterwards: (user) => seenTo(user, forgetUnlessThere(user)),
  };
}
