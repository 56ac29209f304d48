import type { FastifyInstance } from 'fastify';
import type { Tenant } from '../tenant.ts';

const QUERY = {
  type: 'object',
  properties: { after: { type: 'string', pattern: '^\\d{1,15}$' } },
  additionalProperties: false,
};

/**
 * `GET /sandbox/calls?after=<number>`: what the tenant was asked since that call, the latest 500 of it, and the tenant's
 * time, ms since epoch.
 */
export function registerCallLog(app: FastifyInstance, tenant: Tenant): void {
  app.get<{ Querystring: { after?: string } }>(
    '/calls',
    { schema: { querystring: QUERY } },
    async (request) => ({
      now: tenant.now(),
      calls: tenant.calls.after(Number(request.query.after ?? 0)),
    }),
  );
}
