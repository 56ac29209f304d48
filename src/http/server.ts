import { randomUUID } from 'node:crypto';
import fastifyFormbody from '@fastify/formbody';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { BrokerEvent, Emit } from '../events.ts';
import { watchConnections } from './connections.ts';
import { answerPreflight, type Origins, shareWithOrigin } from './policy/origins.ts';
import { securityHeaders } from './policy/security-headers.ts';
import { namesThisMachine } from './policy/this-machine.ts';
import { HttpProblem, type ProblemCode, problemOf, problems, sendProblem } from './problem.ts';
import { byShapes } from './shaped.ts';
import { answerUnparsed } from './unparsed.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** No log line when all is well: probes would fill the log. */
    quiet?: true;
  }
  interface FastifyReply {
    /** Of a problem answer, for the log line of its request. */
    problemCode: ProblemCode | undefined;
  }
}

export interface ServerDeps {
  readonly publicUrl: URL;
  readonly origins: Origins;
  /** Peers whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** Answer no other host than a name of this machine, so that no other site's name can be made to lead here. */
  readonly loopbackOnly: boolean;
  readonly emit: Emit;
  /** How long requests that are under way may still take when the server is closed. */
  readonly drainMs: number;
}

const MAX_BODY_BYTES = 128 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than the idle timeout of common load balancers, which then never meet a connection that is being closed. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;

/** The public listener without its routes: what holds for every request. */
export async function createServer(deps: ServerDeps): Promise<FastifyInstance> {
  const { publicUrl, origins, trustedProxies, loopbackOnly, emit, drainMs } = deps;
  const fixedHeaders = securityHeaders(publicUrl);
  const ownLoopbackHost = namesThisMachine(publicUrl.host) ? publicUrl.host : undefined;
  let closing = false;

  const app = fastify({
    logger: false,
    genReqId: () => randomUUID(),
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    schemaController: byShapes,
    clientErrorHandler: (error, socket) => answerUnparsed(error, socket, fixedHeaders, emit),
    // What no route can be found for, such as a path with a broken escape; no hook runs then.
    frameworkErrors: (error, request, reply) => {
      reply.headers(fixedHeaders);
      const problem = problemOf(error);
      emit(refusedEvent(request, reply, problem.code, error));
      return sendProblem(reply, problem);
    },
    // An answer of Node's own would be none of ours.
    http: { requireHostHeader: false },
  });
  app.removeContentTypeParser('text/plain');
  await app.register(fastifyFormbody);

  app.decorateReply('problemCode', undefined);
  const connections = watchConnections(app.server);
  app.addHook('preClose', async () => {
    closing = true;
    connections.endIdle();
    setTimeout(() => app.server.closeAllConnections(), drainMs).unref();
  });
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(fixedHeaders);
    shareWithOrigin(request, reply, origins);
    done(refusal(request));
  });

  function refusal({ headers, raw }: FastifyRequest): HttpProblem | undefined {
    if (closing)
      return new HttpProblem('shutting_down', 'This replica is stopping; ask again.', {
        retryAfterMs: 1_000,
      });
    if (headers.host === undefined && raw.httpVersion !== '1.0')
      return new HttpProblem('bad_request', 'The request has no Host.');
    if (loopbackOnly && headers.host !== ownLoopbackHost && !namesThisMachine(headers.host)) {
      return new HttpProblem(
        'bad_request',
        'The demo answers only under a name of this machine, such as localhost.',
      );
    }
    return undefined;
  }

  app.options('*', { config: { quiet: true } }, (request, reply) => answerPreflight(request, reply, origins));

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] as string;
    const allowed = ['GET', 'POST'].filter((method) => app.hasRoute({ method, url: path }));
    if (allowed.length === 0) return sendProblem(reply, new HttpProblem('not_found', 'No such path.'));
    reply.header('allow', allowed.join(', '));
    return sendProblem(reply, new HttpProblem('method_not_allowed', `Use ${allowed.join(' or ')}.`));
  });

  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error);
    reply.problemCode = problem.code;
    emit(refusedEvent(request, reply, problem.code, error));
    return sendProblem(reply, problem);
  });

  app.addHook('onResponse', (request, reply, done) => {
    // A client may keep its connection open after the last answer, and the process would wait for it.
    if (closing) request.raw.socket.end();
    const { config, url } = request.routeOptions;
    emit({
      type: 'request.completed',
      requestId: request.id,
      method: request.method,
      route: url ?? null,
      status: reply.statusCode,
      code: reply.problemCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      quiet: config.quiet === true,
    });
    done();
  });

  return app;
}

function refusedEvent(
  { id: requestId, routeOptions }: FastifyRequest,
  { raw }: FastifyReply,
  code: ProblemCode,
  error: unknown,
): BrokerEvent {
  const route = routeOptions.url ?? null;
  const answered = !raw.destroyed;
  if (code === 'internal_error' && answered) return { type: 'request.failed', requestId, route, code, error };
  return { type: 'request.refused', requestId, route, status: problems[code][0], code, answered, error };
}
