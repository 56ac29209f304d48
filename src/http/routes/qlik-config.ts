import type { FastifyInstance } from 'fastify';
import type { Tenants } from '../../access/tenants.ts';
import type { CurrentSession } from '../policy/current-session.ts';
import type { RouteGuard } from '../policy/route-guard.ts';

export interface QlikConfigDeps {
  readonly guard: RouteGuard;
  readonly currentSession: CurrentSession;
  readonly tenants: Tenants;
}

/** `GET /qlik-config`: what `@qlik/api` and `<qlik-embed>` need to know of the user's tenant. Nothing secret. */
export function registerQlikConfig(
  app: FastifyInstance,
  { guard, currentSession, tenants }: QlikConfigDeps,
): void {
  app.get('/qlik-config', { onRequest: guard.forFetch }, async (request, reply) => {
    const { user } = await currentSession.use(request, reply);
    const { tenant } = tenants.of(user);
    return { host: tenant.url, clientId: tenant.clientId, authType: 'oauth2' };
  });
}
