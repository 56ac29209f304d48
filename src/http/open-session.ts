import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Login, LoginOptions } from '../access/login.ts';
import type { PortalUser } from '../portal/portal-user.ts';
import type { SessionCookie } from '../session/session-cookie.ts';
import type { CookieSession } from './policy/current-session.ts';

export interface OpenSessionDeps {
  readonly cookieSession: CookieSession;
  readonly cookie: SessionCookie;
  readonly login: Login;
}

/**
 * Opens a session for somebody who has just proven who they are, and gives the browser its cookie. With `keepAlike`, a
 * browser that has a session of that user, which says the same, keeps it.
 */
export type OpenSession = (
  request: FastifyRequest,
  reply: FastifyReply,
  user: PortalUser,
  options?: Pick<LoginOptions, 'keepAlike'>,
) => Promise<void>;

export function createOpenSession({ cookieSession, cookie, login }: OpenSessionDeps): OpenSession {
  return async (request, reply, user, options) => {
    const previous = await cookieSession.find(request);
    const id = await login.open(user, { ...options, previous });
    if (id !== previous?.id) reply.header('set-cookie', cookie.issue(id));
  };
}
