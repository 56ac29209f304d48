import { randomUUID } from 'node:crypto';
import { type FastifyInstance, fastify } from 'fastify';
import { createLog } from '../../../src/observability/log.ts';

/** A Fastify that logs as the service does: one line per request, written by the same logger. */
export function fastifyWithLog(): FastifyInstance {
  const log = createLog('info');
  const app = fastify({ genReqId: () => randomUUID() });
  app.addHook('onResponse', (request, reply, done) => {
    log.info(
      {
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
      },
      'request',
    );
    done();
  });
  return app;
}
