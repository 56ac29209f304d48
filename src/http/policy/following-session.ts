import type { FastifyRequest } from 'fastify';
import type { Logout } from '../../access/logout.ts';
import type { GatewayAuth } from '../../portal/gateway.ts';
import { isSameUser, type PortalUser } from '../../portal/portal-user.ts';
import { NoSessionError } from '../../session/no-session-error.ts';
import type { CurrentSession } from './current-session.ts';

/** Whom the gateway names in this request. Rejects with a `LoginRefusedError`. */
export type NamedUser = (request: FastifyRequest) => Promise<PortalUser>;

export function createNamedUser(auth: GatewayAuth): NamedUser {
  return ({ socket, raw }) => auth.authenticate({ peer: socket.remoteAddress, rawHeaders: raw.rawHeaders });
}

/**
 * A session that is worth nothing without the gateway's word. Nobody named: 401, and the session stays for when the user
 * is named again; it is not even looked at, so that asking does not keep it alive. Somebody else named: the session ends,
 * 401. Neither removes the cookie: the answer may come after that of another tab's new sign-in.
 */
export function createFollowingSession(
  session: CurrentSession,
  namedUser: NamedUser,
  logout: Logout,
): CurrentSession {
  function following(look: CurrentSession['use']): CurrentSession['use'] {
    return async (request, reply) => {
      const named = await namedUser(request);
      const found = await look(request, reply);
      if (isSameUser(found.user, named)) return found;
      await logout.here(found, 'other_user_at_gateway');
      reply.removeHeader('set-cookie');
      throw new NoSessionError('session_required', 'Somebody else is signed in at the gateway now.');
    };
  }

  return { use: following(session.use), peek: following(session.peek) };
}
