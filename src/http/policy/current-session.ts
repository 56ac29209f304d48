import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SessionCookie } from '../../session/session-cookie.ts';
import type { Session, Sessions } from '../../session/sessions.ts';
import { HttpProblem } from '../problem.ts';
import { sessionHeaders } from './security-headers.ts';

/**
 * The session of the request, for the routes that only read it: one cookie, one signature, one look into the store.
 * Nothing is written but the time of use.
 */
export interface CurrentSession {
  /**
   * Counts as use. Rejects with a 401 `HttpProblem`, which also removes a cookie that is worth nothing, or with a
   * `StoreUnavailableError`.
   */
  use(request: FastifyRequest, reply: FastifyReply): Promise<Session>;
  /** Extends nothing; else like `use`. */
  peek(request: FastifyRequest, reply: FastifyReply): Promise<Session>;
}

export function createCurrentSession(cookie: SessionCookie, sessions: Sessions): CurrentSession {
  async function read(request: FastifyRequest, reply: FastifyReply, look: Sessions['use']): Promise<Session> {
    reply.headers(sessionHeaders);
    const header = request.headers.cookie;
    const value = cookie.read(header);
    const signed = value === undefined ? undefined : cookie.verify(value);
    if (!signed)
      throw new HttpProblem('session_required', 'Nobody is signed in.', {
        setCookie: cookie.isIn(header) ? cookie.removal : undefined,
      });

    const session = await look(signed.id);
    if (!session)
      throw new HttpProblem('session_expired', 'The session has ended. Sign in again.', {
        setCookie: cookie.removal,
      });
    if (signed.renew && !reply.hasHeader('set-cookie')) reply.header('set-cookie', cookie.issue(signed.id));
    return session;
  }

  return {
    use: (request, reply) => read(request, reply, sessions.use),
    peek: (request, reply) => read(request, reply, sessions.peek),
  };
}
