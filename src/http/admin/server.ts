import { randomUUID } from 'node:crypto';
import { type FastifyInstance, fastify } from 'fastify';
import type { Revocation } from '../../access/revocation.ts';
import { isLoopback } from '../../config/loopback.ts';
import type { BrokerEvent, Emit } from '../../events.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { namesThisMachine } from '../policy/this-machine.ts';
import { HttpProblem } from '../problem.ts';
import { answerProblems, type Refusal } from '../problems.ts';
import { headProblem, takeEveryHead } from '../request-head.ts';
import { problem, requireSchemas } from '../route-schemas.ts';
import { answerUnparsed } from '../unparsed.ts';
import { byValibot } from '../validation.ts';
import { type AdminTokens, createBearers } from './bearers.ts';
import { metricsRoute } from './metrics.ts';
import { revocationRoutes } from './revocation.ts';

export interface AdminServerDeps {
  readonly host: string;
  /** With any, every call needs one; without, metrics are open. Only with that for all there are other calls. */
  readonly tokens: AdminTokens;
  readonly metrics: Metrics;
  readonly revocation: Revocation;
  readonly now: () => number;
  readonly emit: Emit;
  /** Judge each answer by its route's schema: for tests. */
  readonly checkAnswers: boolean;
}

/** Of a user's id in a path, percent-encoded or not. */
const MAX_ID_LENGTH = 1_000;

/** The operators' listener, for what no page should reach: `GET /metrics`, and ending sessions and tokens. */
export async function createAdminServer(deps: AdminServerDeps): Promise<FastifyInstance> {
  const { host, tokens, metrics, revocation, emit } = deps;
  const app: FastifyInstance = fastify({
    logger: false,
    genReqId: () => randomUUID(),
    exposeHeadRoutes: false,
    schemaController: byValibot,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: MAX_ID_LENGTH },
    clientErrorHandler: (error, socket) => answerUnparsed(error, socket, {}, emit),
    frameworkErrors: (error, request, reply) =>
      app.errorHandler(headProblem(request.raw) ?? error, request, reply),
    // An answer of Node's own would be none of ours.
    http: { requireHostHeader: false },
  });
  takeEveryHead(app.server);
  // No call has a use for a body, of whatever type.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, body, done) => {
    body.resume();
    done(null);
  });
  const refusalOf = createBearers(tokens, deps.now);

  await app.register(answerProblems, { tell: (refusal) => emit(refusedEvent(refusal)), nameMethods: false });
  await app.register(requireSchemas, { errors: problem });
  if (deps.checkAnswers) await app.register((await import('../check-answers.ts')).checkAnswers);

  app.addHook('onRequest', async (request, reply) => {
    const unsound = headProblem(request.raw);
    if (unsound) throw unsound;
    if (isLoopback(host) && !namesThisMachine(request.headers.host)) {
      throw new HttpProblem('bad_request', 'This listener answers under a name of this machine only.');
    }
    const refusal = refusalOf(request);
    if (!refusal) return;
    if (refusal.code === 'admin_token_required') reply.header('www-authenticate', 'Bearer');
    throw refusal;
  });

  await app.register(metricsRoute, { metrics });
  if (tokens.all) await app.register(revocationRoutes, { revocation });
  return app;
}

function refusedEvent({ request, problem: { code }, error }: Refusal): BrokerEvent {
  const type = code === 'internal_error' ? 'admin.failed' : 'admin.refused';
  return { type, requestId: request.id, code, error };
}
