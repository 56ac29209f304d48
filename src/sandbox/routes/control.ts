import type { FastifyInstance } from 'fastify';
import { httpError } from '../errors.ts';
import { isLoopback } from '../loopback.ts';
import type { Tenant } from '../tenant.ts';
import { registerCallLog } from './call-log.ts';
import { registerFaultControl } from './fault-control.ts';

/**
 * `/sandbox/…`, which is not part of Qlik Cloud. Every call needs the header `X-Sandbox: 1`: a page of another origin
 * cannot send it without a preflight, which only the allowed origins of a client are granted. The sandbox must be called
 * by a name of this machine: another name can be made to lead here, and its pages would need no preflight.
 */
export function registerControl(app: FastifyInstance, tenant: Tenant): void {
  app.addHook('onRequest', async (request) => {
    if (!namesThisMachine(request.headers.host))
      throw httpError(403, 'a Host of this machine is needed, such as localhost');
    if (request.headers['x-sandbox'] !== '1') throw httpError(403, 'the header X-Sandbox: 1 is needed');
  });
  registerFaultControl(app, tenant);
  registerCallLog(app, tenant);
}

function namesThisMachine(host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  return isLoopback(new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, ''));
}
