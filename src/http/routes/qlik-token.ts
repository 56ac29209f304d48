import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import * as v from 'valibot';
import type { SessionTokens } from '../../access/session-tokens.ts';
import type { Emit } from '../../events.ts';
import type { Clock } from '../../lib/clock.ts';
import type { RateLimiter } from '../../lib/rate-limiter.ts';
import type { Session } from '../../session/sessions.ts';
import type { Token } from '../../token/token.ts';
import type { CurrentSession } from '../policy/current-session.ts';
import { HttpProblem } from '../problem.ts';
import { ignored } from '../route-schemas.ts';
import { abandoned } from '../scopes.ts';
import { tokenAnswer, tokenSchema } from '../token-answer.ts';
import type { ValibotTypes } from '../validation.ts';

export interface QlikTokenDeps {
  readonly currentSession: CurrentSession;
  readonly rateLimiter: RateLimiter;
  readonly tokens: SessionTokens;
  readonly clock: Clock;
  readonly emit: Emit;
  /** A request waits no longer for a token. */
  readonly requestMs: number;
}

const rejection = v.strictObject({ rejected: v.literal(true) });

const response = {
  200: {
    content: { 'application/json': { schema: tokenSchema }, 'text/plain': { schema: v.string() } },
  },
};

/** `GET` and `POST /qlik-token`: the token of whoever is signed in, and of nobody else. For the scope `pages`. */
export const qlikTokenRoutes: FastifyPluginAsync<QlikTokenDeps> = async (scope, deps) => {
  const { currentSession, rateLimiter, tokens, clock, emit, requestMs } = deps;
  const app = scope.withTypeProvider<ValibotTypes>();

  app.get('/qlik-token', { schema: { querystring: ignored, response } }, async (request, reply) => {
    const session = await currentSession.use(request, reply);
    limitRate(session);
    const cached = tokens.cached(session);
    return answer(request, reply, cached ?? (await waitFor(tokens.obtain, session, request, reply)));
  });

  app.post(
    '/qlik-token',
    { schema: { querystring: ignored, body: rejection, response } },
    async (request, reply) => {
      const session = await currentSession.use(request, reply);
      limitRate(session);
      emit({ type: 'token.called_rejected', requestId: request.id });
      return answer(request, reply, await waitFor(tokens.rejected, session, request, reply));
    },
  );

  function limitRate({ id }: Session): void {
    const retryAfterMs = rateLimiter.take(id);
    if (retryAfterMs === 0) return;
    throw new HttpProblem('rate_limited', 'This session asks for tokens too often.', { retryAfterMs });
  }

  async function waitFor(
    obtain: SessionTokens['obtain'],
    session: Session,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Token> {
    const at = clock.now() + requestMs - reply.elapsedTime;
    const deadline = { at, signal: abortOnLeave(request, reply) };
    try {
      return await obtain({ session, deadline, lookAgain: () => currentSession.peek(request, reply) });
    } catch (error) {
      // Whoever signed in or out meanwhile has another cookie or none, and that is to stay.
      reply.removeHeader('set-cookie');
      throw error;
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
      emit(abandoned(request));
      left.abort();
    });
    return left.signal;
  }
};

function prefersText(accept: string | undefined): boolean {
  return accept?.includes('text/plain') === true && !accept.includes('application/json');
}
