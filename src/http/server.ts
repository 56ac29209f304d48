import { randomUUID } from 'node:crypto';
import fastifyFormbody from '@fastify/formbody';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { BrokerEvent, Emit } from '../events.ts';
import { createTrustedPeers } from '../lib/trusted-peers.ts';
import { LoginRefusedError } from '../portal/portal-auth.ts';
import { eventUser } from '../portal/portal-user.ts';
import { createAnswerPeople } from './answer-people.ts';
import { watchConnections } from './connections.ts';
import { withoutPort } from './policy/client-address.ts';
import { answerPreflight, type Origins, shareWithOrigin } from './policy/origins.ts';
import { securityHeaders } from './policy/security-headers.ts';
import { namesThisMachine } from './policy/this-machine.ts';
import { HttpProblem, problems } from './problem.ts';
import { answerProblems, type Refusal } from './problems.ts';
import { headProblem, takeEveryHead } from './request-head.ts';
import { ignored, noBody, problemOrPage, requireSchemas } from './route-schemas.ts';
import { publicPolicy, requirePolicy } from './scopes.ts';
import { answerUnparsed } from './unparsed.ts';
import { byValibot } from './validation.ts';
import { createWaitingRequests } from './waiting-requests.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** No log line when all is well: probes would fill the log. */
    quiet?: true;
    /** Answered at once, even when there are too many requests for others. */
    alwaysAdmitted?: true;
  }
}

export interface ServerDeps {
  readonly publicUrl: URL;
  /** Path under which the routes live, without a trailing slash. */
  readonly base: string;
  readonly origins: Origins;
  /** Peers whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** Answer no other host than a name of this machine, so that no other site's name can be made to lead here. */
  readonly loopbackOnly: boolean;
  /** Where somebody signs in as somebody else, made of the address where one signs in; absent where there is no such place. */
  readonly otherAccountUrl?: ((loginUrl: string) => string | undefined) | undefined;
  readonly emit: Emit;
  /** How long a connection stays open without a request, after its first. */
  readonly keepAliveMs: number;
  /** How long requests that are under way may still take when the server is closed. */
  readonly drainMs: number;
  /** Judge each answer by its route's schema: for tests. */
  readonly checkAnswers: boolean;
}

const MAX_BODY_BYTES = 128 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
/** More at once than any tenant's limits let us answer in time. */
const MAX_WAITING = 10_000;

/**
 * The public listener without its routes: what holds for every request. Routes are to be registered in scopes with a
 * policy, and with schemas of all that they take and give.
 */
export async function createServer(deps: ServerDeps): Promise<FastifyInstance> {
  const { publicUrl, base, origins, trustedProxies, loopbackOnly, emit, keepAliveMs, drainMs } = deps;
  const fixedHeaders = securityHeaders(publicUrl);
  const ownLoopbackHost = namesThisMachine(publicUrl.host) ? publicUrl.host : undefined;
  const isTrusted = createTrustedPeers(trustedProxies);
  const waiting = createWaitingRequests(MAX_WAITING);
  let closing = false;

  const app: FastifyInstance = fastify({
    logger: false,
    genReqId: () => randomUUID(),
    trustProxy: trustedProxies.length > 0 && ((address: string) => isTrusted(withoutPort(address))),
    exposeHeadRoutes: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: keepAliveMs,
    schemaController: byValibot,
    clientErrorHandler: (error, socket) => answerUnparsed(error, socket, fixedHeaders, emit),
    // What no route can be found for, such as a path with a broken escape; no hook runs then.
    frameworkErrors(error, request, reply) {
      reply.headers(fixedHeaders);
      shareWithOrigin(request, reply, origins);
      reply.raw.once('finish', () => emit(completed(request, reply)));
      app.errorHandler(headProblem(request.raw) ?? error, request, reply);
    },
    // An answer of Node's own would be none of ours.
    http: { requireHostHeader: false },
  });
  takeEveryHead(app.server);
  app.removeContentTypeParser('text/plain');
  await app.register(fastifyFormbody);
  await app.register(answerProblems, {
    tell: tellRefusal,
    nameMethods: true,
    send: createAnswerPeople({ base, origins, otherAccountUrl: deps.otherAccountUrl }),
  });
  await app.register(requireSchemas, { errors: problemOrPage });
  await app.register(requirePolicy);
  if (deps.checkAnswers) await app.register((await import('./check-answers.ts')).checkAnswers);

  const connections = watchConnections(app.server);
  app.addHook('preClose', async () => {
    closing = true;
    connections.endSilent();
    setTimeout(() => app.server.closeAllConnections(), drainMs).unref();
  });
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(fixedHeaders);
    shareWithOrigin(request, reply, origins);
    done(refusal(request, reply));
  });

  function tellRefusal(refusal: Refusal): void {
    const { request, error } = refusal;
    if (error instanceof LoginRefusedError && isNews(error)) emit(loginRefused(request.id, error));
    emit(refusedEvent(refusal));
  }

  function refusal(
    { headers, raw, routeOptions }: FastifyRequest,
    reply: FastifyReply,
  ): HttpProblem | undefined {
    if (closing)
      return new HttpProblem('shutting_down', 'This replica is stopping; ask again.', {
        retryAfterMs: 1_000,
      });
    if (routeOptions.config.alwaysAdmitted !== true && !waiting.admit(raw, reply.raw))
      return new HttpProblem('overloaded', 'Too many requests wait for their answers.', {
        retryAfterMs: 1_000,
      });
    const unsound = headProblem(raw);
    if (unsound) return unsound;
    if (loopbackOnly && headers.host !== ownLoopbackHost && !namesThisMachine(headers.host)) {
      return new HttpProblem(
        'bad_request',
        'The demo answers only under a name of this machine, such as localhost.',
      );
    }
    return undefined;
  }

  app.addHook('onResponse', (request, reply, done) => {
    // A client may keep its connection open after the last answer, and the process would wait for it.
    if (closing) request.raw.socket.end();
    emit(completed(request, reply));
    done();
  });

  await app.register(async (scope) => {
    await scope.register(publicPolicy);
    scope.options(
      '*',
      {
        config: { quiet: true },
        schema: { querystring: ignored, params: ignored, body: ignored, response: { 204: noBody } },
      },
      (request, reply) => answerPreflight(request, reply, origins),
    );
  });

  return app;
}

/** Whether somebody who runs the service or the portal may have to mend something: anybody can send what proves nothing. */
function isNews({ code, details }: LoginRefusedError): boolean {
  return code === 'assertion_invalid' || details !== undefined;
}

function loginRefused(requestId: string, error: LoginRefusedError): BrokerEvent {
  return {
    type: 'login.refused',
    requestId,
    ...(error.user && { user: eventUser(error.user) }),
    error,
  };
}

function completed(request: FastifyRequest, reply: FastifyReply): BrokerEvent {
  const { config, url } = request.routeOptions;
  return {
    type: 'request.completed',
    requestId: request.id,
    method: request.method,
    route: url ?? null,
    status: reply.statusCode,
    code: reply.problemCode,
    ms: Math.round(reply.elapsedTime * 10) / 10,
    quiet: config?.quiet === true,
  };
}

function refusedEvent({ request, reply, problem, error }: Refusal): BrokerEvent {
  const { id: requestId, routeOptions } = request;
  const { code } = problem;
  const route = routeOptions.url ?? null;
  const answered = !reply.raw.destroyed;
  if (code === 'internal_error' && answered) return { type: 'request.failed', requestId, route, code, error };
  return { type: 'request.refused', requestId, route, status: problems[code][0], code, answered, error };
}
