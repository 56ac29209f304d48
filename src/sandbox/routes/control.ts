import type { FastifyInstance } from 'fastify';
import { httpError } from '../errors.ts';
import type { Tenant } from '../tenant.ts';
import { registerCallLog } from './call-log.ts';
import { registerFaultControl } from './fault-control.ts';

/**
 * `/sandbox/…`, which is not part of Qlik Cloud. Every call needs the header `X-Sandbox: 1`: a page of another origin
 * cannot send it without a preflight, which only the allowed origins of a client are granted.
 */
export function registerControl(app: FastifyInstance, tenant: Tenant): void {
  app.addHook('onRequest', async (request) => {
    if (request.headers['x-sandbox'] !== '1') throw httpError(403, 'the header X-Sandbox: 1 is needed');
  });
  registerFaultControl(app, tenant);
  registerCallLog(app, tenant);
}
