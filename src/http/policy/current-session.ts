import type { FastifyReply, FastifyRequest } from 'fastify';
import { NoSessionError } from '../../session/no-session-error.ts';
import type { SessionCookie } from '../../session/session-cookie.ts';
import type { Session, Sessions } from '../../session/sessions.ts';

/**
 * The session of the request: one cookie, one signature, one look into the store. Nothing is written but the time of use.
 * Each call can reject with a `StoreUnavailableError`.
 */
export interface CurrentSession {
  /** Counts as use. Rejects with a `NoSessionError`; the answer then removes a cookie that is worth nothing. */
  use(request: FastifyRequest, reply: FastifyReply): Promise<Session>;
  /** Extends nothing; else like `use`. */
  peek(request: FastifyRequest, reply: FastifyReply): Promise<Session>;
}

export interface CookieSession extends CurrentSession {
  /** For routes that give the browser another cookie, or none: extends nothing, and sets no header. */
  find(request: FastifyRequest): Promise<Session | undefined>;
}

export function createCookieSession(cookie: SessionCookie, sessions: Sessions): CookieSession {
  async function read(request: FastifyRequest, reply: FastifyReply, look: Sessions['use']): Promise<Session> {
    const header = request.headers.cookie;
    const value = cookie.read(header);
    const signed = value === undefined ? undefined : cookie.verify(value);
    if (!signed) {
      if (cookie.isIn(header)) reply.header('set-cookie', cookie.removal);
      throw new NoSessionError('session_required', 'Nobody is signed in.');
    }
    const session = await look(signed.id);
    if (!session) {
      reply.header('set-cookie', cookie.removal);
      throw new NoSessionError('session_expired', 'The session has ended. Sign in again.');
    }
    if (signed.renew && !reply.hasHeader('set-cookie')) reply.header('set-cookie', cookie.issue(signed.id));
    return session;
  }

  return {
    use: (request, reply) => read(request, reply, sessions.use),
    peek: (request, reply) => read(request, reply, sessions.peek),

    async find({ headers }) {
      const value = cookie.read(headers.cookie);
      const signed = value === undefined ? undefined : cookie.verify(value);
      return signed && sessions.peek(signed.id);
    },
  };
}
