import type { FastifyRequest } from 'fastify';
import type { Log } from '../observability/log.ts';

/** Writes down that a client closed its connection before its answer: no fault, and no `request` line will come. */
export function logClientLeft(log: Log, request: FastifyRequest): void {
  log.info(
    { requestId: request.id, method: request.method, route: request.routeOptions.url ?? null },
    'client left',
  );
}
