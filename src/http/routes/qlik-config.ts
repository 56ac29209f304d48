import type { FastifyPluginAsync } from 'fastify';
import * as v from 'valibot';
import type { Tenants } from '../../access/tenants.ts';
import type { CurrentSession } from '../policy/current-session.ts';
import { ignored } from '../route-schemas.ts';
import type { ValibotTypes } from '../validation.ts';

export interface QlikConfigDeps {
  readonly currentSession: CurrentSession;
  readonly tenants: Tenants;
}

const qlikConfig = v.strictObject({
  host: v.string(),
  clientId: v.string(),
  authType: v.literal('oauth2'),
});

/**
 * `GET /qlik-config`: what `@qlik/api` and `<qlik-embed>` need to know of the user's tenant. Nothing secret. For the scope
 * `pages`.
 */
export const qlikConfigRoute: FastifyPluginAsync<QlikConfigDeps> = async (scope, deps) => {
  const { currentSession, tenants } = deps;
  const app = scope.withTypeProvider<ValibotTypes>();

  app.get(
    '/qlik-config',
    { schema: { querystring: ignored, response: { 200: qlikConfig } } },
    async (request, reply) => {
      const { user } = await currentSession.use(request, reply);
      const { tenant } = tenants.of(user);
      return { host: tenant.url, clientId: tenant.clientId, authType: 'oauth2' as const };
    },
  );
};
