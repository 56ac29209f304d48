import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Login } from '../access/login.ts';
import type { PortalUser } from '../portal/portal-user.ts';
import type { SessionCookie } from '../session/session-cookie.ts';
import type { CookieSession } from './policy/current-session.ts';

export interface OpenSessionDeps {
  readonly cookieSession: CookieSession;
  readonly cookie: SessionCookie;
  readonly login: Login;
}

/** Opens a session for somebody who has just proven who they are, and gives the browser its cookie. */
export type OpenSession = (request: FastifyRequest, reply: FastifyReply, user: PortalUser) => Promise<void>;

export function createOpenSession({ cookieSession, cookie, login }: OpenSessionDeps): OpenSession {
  return async (request, reply, user) => {
    const id = await login.open(user, { previous: await cookieSession.find(request) });
    reply.header('set-cookie', cookie.issue(id));
  };
}
