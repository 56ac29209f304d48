import { isDeepStrictEqual } from 'node:util';
import type { Emit, SessionEnd } from '../events.ts';
import { eventUser, isSameUser, type PortalUser } from '../portal/portal-user.ts';
import { newSessionId } from '../session/session-id.ts';
import { type Session, type Sessions, WriteConflictError } from '../session/sessions.ts';
import type { Logout } from './logout.ts';
import type { Tenants } from './tenants.ts';
import type { UserTokens } from './user-tokens.ts';

export interface LoginOptions {
  /** The session that the browser has: it ends. */
  readonly previous: Session | undefined;
  /** That session stays instead when it says the same of the same user. */
  readonly keepAlike?: boolean;
  /** Runs when the new session's id is known and nothing is stored yet. */
  readonly beforehand?: (sessionId: string) => Promise<void>;
}

/** Opens sessions for users who have just proven who they are. */
export interface Login {
  /**
   * Resolves to the new session's id, a fresh one: a cookie that was planted before the login is worth nothing after it.
   * With `keepAlike` it can be the id of the session that the browser has. Rejects with a `StoreUnavailableError`.
   */
  open(user: PortalUser, options: LoginOptions): Promise<string>;
}

export interface LoginDeps {
  readonly sessions: Sessions;
  readonly logout: Logout;
  readonly tenants: Tenants;
  readonly tokens: Pick<UserTokens, 'isAnothers'>;
  readonly emit: Emit;
}

export function createLogin({ sessions, logout, tenants, tokens, emit }: LoginDeps): Login {
  /** The session that another one, with this id, has taken the place of. */
  async function end(previous: Session, user: PortalUser, id: string): Promise<void> {
    if (!isSameUser(previous.user, user)) return logout.here(previous, 'other_user_at_login', id);
    // The user is here, and so are the tokens: nothing is revoked.
    if (await sessions.close(previous.id)) ended(user, 'replaced', 1);
  }

  /** Nobody has the new session's cookie yet. */
  async function withdraw(id: string, error: unknown): Promise<never> {
    await sessions.close(id).catch(() => {});
    throw error;
  }

  function ended(user: PortalUser, reason: SessionEnd, count: number): void {
    emit({ type: 'session.ended', user: eventUser(user), reason, sessions: count, tokens: 0 });
  }

  return {
    async open(user, { previous, keepAlike = false, beforehand }) {
      const id = newSessionId(user);
      await beforehand?.(id);
      const { name, directory } = tenants.of(user);
      directory.loggedIn(user);
      // Sessions that say otherwise are of before: each would end the tokens of the other.
      if (await tokens.isAnothers(user)) await logout.everywhere(user, 'other_qlik_user');
      else if (keepAlike && previous && isDeepStrictEqual(previous.user, user)) return previous.id;
      if (!(await sessions.open(id, user))) throw new WriteConflictError();
      // Only now: when no session can be opened, the browser keeps the one that it has.
      if (previous) await end(previous, user, id).catch((error) => withdraw(id, error));
      emit({ type: 'session.opened', user: eventUser(user), tenant: name });
      const surplus = await sessions.trim(user);
      if (surplus > 0) ended(user, 'too_many', surplus);
      return id;
    },
  };
}
