import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SessionCookie } from '../../session/session-cookie.ts';
import type { SessionReader, SessionReading } from '../../session/session-reader.ts';
import type { Session } from '../../session/sessions.ts';
import { HttpProblem } from '../problem.ts';
import { sessionHeaders } from './security-headers.ts';

/** The session of the request, for the routes that only read it. */
export interface CurrentSession {
  /** Counts as use. Rejects with a 401 `HttpProblem`, which also removes a cookie that is worth nothing. */
  use(request: FastifyRequest, reply: FastifyReply): Promise<Session>;
  /** Extends nothing; else like `use`. */
  peek(request: FastifyRequest, reply: FastifyReply): Promise<Session>;
}

export function createCurrentSession(reader: SessionReader, cookie: SessionCookie): CurrentSession {
  function require(reading: SessionReading, reply: FastifyReply): Session {
    if (reading.state === 'active') {
      if (reading.renewal !== undefined && !reply.hasHeader('set-cookie'))
        reply.header('set-cookie', reading.renewal);
      return reading.session;
    }
    if (reading.state === 'expired') {
      throw new HttpProblem('session_expired', 'The session has ended. Sign in again.', {
        setCookie: cookie.removal,
      });
    }
    throw new HttpProblem('session_required', 'Nobody is signed in.', {
      setCookie: reading.stale ? cookie.removal : undefined,
    });
  }

  return {
    use(request, reply) {
      reply.headers(sessionHeaders);
      return reader.use(request.headers.cookie).then((reading) => require(reading, reply));
    },
    peek(request, reply) {
      reply.headers(sessionHeaders);
      return reader.peek(request.headers.cookie).then((reading) => require(reading, reply));
    },
  };
}
