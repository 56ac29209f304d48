import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { type FastifyInstance, fastify } from 'fastify';
import type { Revocation } from '../../access/revocation.ts';
import { isLoopback } from '../../config/kinds.ts';
import type { Secret } from '../../config/secret.ts';
import type { Emit } from '../../events.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { namesThisMachine } from '../policy/this-machine.ts';
import { HttpProblem, problemOf, sendProblem } from '../problem.ts';
import { byShapes } from '../shaped.ts';
import { registerRevocation } from './revocation.ts';

export interface AdminServerDeps {
  readonly host: string;
  /** Without it, metrics are open and there are no other calls; with it, every call needs it. */
  readonly token: Secret | undefined;
  readonly metrics: Metrics;
  readonly revocation: Revocation;
  readonly emit: Emit;
}

/** Of a user's id in a path, percent-encoded or not. */
const MAX_ID_LENGTH = 1_000;

/** The operators' listener, for what no page should reach: `GET /metrics`, and ending sessions and tokens. */
export function createAdminServer(deps: AdminServerDeps): FastifyInstance {
  const { host, token, metrics, revocation, emit } = deps;
  const app = fastify({
    logger: false,
    genReqId: () => randomUUID(),
    exposeHeadRoutes: false,
    schemaController: byShapes,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: MAX_ID_LENGTH },
    frameworkErrors: (error, _request, reply) => sendProblem(reply, problemOf(error)),
  });
  const expected = token && digest(`Bearer ${token.reveal()}`);

  app.addHook('onRequest', async (request) => {
    if (isLoopback(host) && !namesThisMachine(request.headers.host)) {
      throw new HttpProblem('bad_request', 'This listener answers under a name of this machine only.');
    }
    if (expected && !timingSafeEqual(expected, digest(request.headers.authorization ?? '')))
      throw new HttpProblem('admin_token_required', 'Send the ADMIN_TOKEN as a bearer token.');
  });

  app.get('/metrics', async (_request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .type(metrics.contentType)
      .send(await metrics.text()),
  );

  if (token) registerRevocation(app, revocation);

  app.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, new HttpProblem('not_found', 'No such path.')),
  );
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error);
    const type = problem.code === 'internal_error' ? 'admin.failed' : 'admin.refused';
    emit({ type, requestId: request.id, code: problem.code, error });
    if (problem.code === 'admin_token_required') reply.header('www-authenticate', 'Bearer');
    return sendProblem(reply, problem);
  });
  return app;
}

/** Of one length, so that the comparison tells nothing. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
