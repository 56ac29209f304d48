import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logout } from '../../access/logout.ts';
import type { UserTokens } from '../../access/user-tokens.ts';
import type { Clock } from '../../lib/clock.ts';
import type { RateLimiter } from '../../lib/rate-limiter.ts';
import type { Log } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { Session } from '../../session/sessions.ts';
import { oneOf, only, record } from '../../shape.ts';
import { TokenError } from '../../tenant/token-error.ts';
import type { Token } from '../../token/token.ts';
import { logClientLeft } from '../client-left.ts';
import type { CurrentSession } from '../policy/current-session.ts';
import type { RouteGuard } from '../policy/route-guard.ts';
import { HttpProblem } from '../problem.ts';
import { shaped } from '../shaped.ts';
import { tokenAnswer } from '../token-answer.ts';

export interface QlikTokenDeps {
  readonly guard: RouteGuard;
  readonly currentSession: CurrentSession;
  readonly rateLimiter: RateLimiter;
  readonly tokens: UserTokens;
  readonly logout: Logout;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** An answer is given within this time. */
  readonly deadlineMs: number;
}

/** Part of the deadline that a request may wait: the answer has to be there by then. */
const WAIT_SHARE = 0.95;

const rejection = shaped(only(['rejected'], record({ rejected: oneOf(true) })));

type Fetch = UserTokens['obtain'];

/** `GET` and `POST /qlik-token`: the token of whoever is signed in, and of nobody else. */
export function registerQlikToken(app: FastifyInstance, deps: QlikTokenDeps): void {
  const { guard, currentSession, rateLimiter, tokens, logout, clock, log, metrics, deadlineMs } = deps;

  app.get('/qlik-token', { onRequest: guard.forFetch }, async (request, reply) => {
    const session = await currentSession.use(request, reply);
    limitRate(session);
    const cached = tokens.cached(session.user, session.generation);
    if (!cached) return answer(request, reply, await fetchFor(session, request, reply, tokens.obtain));
    metrics.served('hit');
    return answer(request, reply, cached);
  });

  app.post(
    '/qlik-token',
    { onRequest: guard.forFetch, schema: { body: rejection } },
    async (request, reply) => {
      const session = await currentSession.use(request, reply);
      limitRate(session);
      log.debug({ requestId: request.id }, 'the page says that its token was rejected');
      return answer(request, reply, await fetchFor(session, request, reply, tokens.rejected));
    },
  );

  function limitRate({ id }: Session): void {
    const retryAfterMs = rateLimiter.take(id);
    if (retryAfterMs === 0) return;
    throw new HttpProblem('rate_limited', 'This session asks for tokens too often.', { retryAfterMs });
  }

  /**
   * A token that takes a call to the tenant. Meanwhile the session may end: then the token is for nobody. Or what was
   * kept for the user may have been revoked: then the token does not count, and the user gets another.
   */
  async function fetchFor(
    session: Session,
    request: FastifyRequest,
    reply: FastifyReply,
    fetch: Fetch,
  ): Promise<Token> {
    const at = clock.now() + deadlineMs * WAIT_SHARE - reply.elapsedTime;
    const until = { at, signal: abortOnLeave(request, reply) };
    for (let current = session, how = fetch; ; how = tokens.obtain) {
      const token = await how(current.user, current.generation, until).catch(superseded);
      try {
        current = await currentSession.peek(request, reply);
      } catch (error) {
        if (!(error instanceof HttpProblem)) throw error;
        await logout.afterwards(session.user);
        // Whoever signed in meanwhile has another cookie, which is to stay.
        reply.removeHeader('set-cookie');
        throw new HttpProblem(error.code, error.message);
      }
      if (token && token.generation === current.generation) {
        metrics.served('miss');
        return token;
      }
    }
  }

  function answer(request: FastifyRequest, reply: FastifyReply, token: Token): string {
    if (prefersText(request.headers.accept)) {
      reply.header('content-type', 'text/plain; charset=utf-8');
      return token.accessToken;
    }
    reply.header('content-type', 'application/json; charset=utf-8');
    return tokenAnswer(token, clock.now());
  }

  /** Only of requests that wait: to watch every connection would cost those that do not. */
  function abortOnLeave(request: FastifyRequest, reply: FastifyReply): AbortSignal {
    const left = new AbortController();
    reply.raw.once('close', () => {
      if (reply.raw.writableFinished) return;
      logClientLeft(log, request);
      left.abort();
    });
    return left.signal;
  }
}

/** Revoked while it was fetched: if the session is still there, the user gets another. */
function superseded(error: unknown): undefined {
  if (error instanceof TokenError && error.code === 'token_superseded') return undefined;
  throw error;
}

function prefersText(accept: string | undefined): boolean {
  return accept?.includes('text/plain') === true && !accept.includes('application/json');
}
