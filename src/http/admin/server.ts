import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { type FastifyInstance, fastify } from 'fastify';
import type { Revocation } from '../../access/revocation.ts';
import { isLoopback } from '../../config/kinds.ts';
import type { Secret } from '../../config/secret.ts';
import type { BrokerEvent, Emit } from '../../events.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { namesThisMachine } from '../policy/this-machine.ts';
import { HttpProblem } from '../problem.ts';
import { answerProblems, type Refusal } from '../problems.ts';
import { headProblem, keepAllHeaders } from '../request-head.ts';
import { requireSchemas } from '../route-schemas.ts';
import { answerUnparsed } from '../unparsed.ts';
import { byValibot } from '../validation.ts';
import { metricsRoute } from './metrics.ts';
import { revocationRoutes } from './revocation.ts';

export interface AdminServerDeps {
  readonly host: string;
  /** Without it, metrics are open and there are no other calls; with it, every call needs it. */
  readonly token: Secret | undefined;
  readonly metrics: Metrics;
  readonly revocation: Revocation;
  readonly emit: Emit;
  /** Judge each answer by its route's schema: for tests. */
  readonly checkAnswers: boolean;
}

/** Of a user's id in a path, percent-encoded or not. */
const MAX_ID_LENGTH = 1_000;

/** The operators' listener, for what no page should reach: `GET /metrics`, and ending sessions and tokens. */
export async function createAdminServer(deps: AdminServerDeps): Promise<FastifyInstance> {
  const { host, token, metrics, revocation, emit } = deps;
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
  keepAllHeaders(app.server);
  const expected = token && digest(`Bearer ${token.reveal()}`);

  await app.register(answerProblems, { tell: (refusal) => emit(refusedEvent(refusal)), nameMethods: false });
  await app.register(requireSchemas);
  if (deps.checkAnswers) await app.register((await import('../check-answers.ts')).checkAnswers);

  app.addHook('onRequest', async (request, reply) => {
    const unsound = headProblem(request.raw);
    if (unsound) throw unsound;
    if (isLoopback(host) && !namesThisMachine(request.headers.host)) {
      throw new HttpProblem('bad_request', 'This listener answers under a name of this machine only.');
    }
    if (expected && !timingSafeEqual(expected, digest(request.headers.authorization ?? ''))) {
      reply.header('www-authenticate', 'Bearer');
      throw new HttpProblem('admin_token_required', 'Send the ADMIN_TOKEN as a bearer token.');
    }
  });

  await app.register(metricsRoute, { metrics });
  if (token) await app.register(revocationRoutes, { revocation });
  return app;
}

function refusedEvent({ request, problem: { code }, error }: Refusal): BrokerEvent {
  const type = code === 'internal_error' ? 'admin.failed' : 'admin.refused';
  return { type, requestId: request.id, code, error };
}

/** Of one length, so that the comparison tells nothing. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
