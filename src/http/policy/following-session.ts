import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logout } from '../../access/logout.ts';
import type { GatewayAuth } from '../../portal/gateway.ts';
import { LoginRefusedError } from '../../portal/portal-auth.ts';
import { isSameUser, type PortalUser } from '../../portal/portal-user.ts';
import { NoSessionError } from '../../session/no-session-error.ts';
import type { Session } from '../../session/sessions.ts';
import type { CurrentSession } from './current-session.ts';

/** Whom the gateway names in this request. Rejects with a `LoginRefusedError`. */
export type NamedUser = (request: FastifyRequest) => Promise<PortalUser>;

/** At a sign-in, and at each call from then on. */
export function createNamedUser(auth: GatewayAuth): {
  readonly atLogin: NamedUser;
  readonly again: NamedUser;
} {
  const evidence = ({ socket, raw }: FastifyRequest) => ({
    peer: socket.remoteAddress,
    rawHeaders: raw.rawHeaders,
  });
  return {
    atLogin: (request) => auth.authenticate(evidence(request)),
    again: (request) => auth.again(evidence(request)),
  };
}

/**
 * A session that is worth nothing without the gateway's word. Nobody named: 401, and the session stays for when the user
 * is named again; it is not even looked at, so that asking does not keep it alive. Somebody else named: the session ends,
 * 401. Whoever may not sign in any more, by `SIGN_IN_REQUIRE`: 403, and the session is not used; it ends too when it is
 * somebody else's. None of this removes the cookie: the answer may come after that of another tab's new sign-in.
 */
export function createFollowingSession(
  session: CurrentSession,
  namedUser: NamedUser,
  logout: Logout,
): CurrentSession {
  async function endIfAnothers(found: Session, named: PortalUser): Promise<boolean> {
    if (isSameUser(found.user, named)) return false;
    await logout.here(found, 'other_user_at_gateway');
    return true;
  }

  async function endForRefused(
    user: PortalUser | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    if (!user) return;
    try {
      await endIfAnothers(await session.peek(request, reply), user);
    } catch (error) {
      if (!(error instanceof NoSessionError)) throw error;
    } finally {
      reply.removeHeader('set-cookie');
    }
  }

  function following(look: CurrentSession['use']): CurrentSession['use'] {
    return async (request, reply) => {
      const named = await namedUser(request).catch(async (error) => {
        if (error instanceof LoginRefusedError) await endForRefused(error.user, request, reply);
        throw error;
      });
      const found = await look(request, reply);
      if (!(await endIfAnothers(found, named))) return found;
      reply.removeHeader('set-cookie');
      throw new NoSessionError('session_required', 'Somebody else is signed in at the gateway now.');
    };
  }

  return { use: following(session.use), peek: following(session.peek) };
}
