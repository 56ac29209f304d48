import { randomUUID } from 'node:crypto';
import { fastify } from 'fastify';

// The built one, found at run time: nothing here needs a build to be looked at.
const { createLog } = await import(new URL('../../../dist/observability/log.js', import.meta.url).href);

/** A Fastify that logs as the service does: one line per request, written by the same logger. */
export function fastifyWithLog() {
  const log = createLog('info');
  const app = fastify({ genReqId: () => randomUUID() });
  app.addHook('onResponse', (request, reply, done) => {
    log.info(
      {
        event: 'request.completed',
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        code: undefined,
        ms: Math.round(reply.elapsedTime * 10) / 10,
      },
      'A request was answered.',
    );
    done();
  });
  return app;
}
