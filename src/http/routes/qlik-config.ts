import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Directory } from '../../directory/directory.ts';
import type { CurrentSession } from '../policy/current-session.ts';
import type { RouteGuard } from '../policy/route-guard.ts';

export interface QlikConfigDeps {
  readonly guard: RouteGuard;
  readonly currentSession: CurrentSession;
  readonly directory: Directory;
}

const ConfigAnswer = Type.Object({
  host: Type.String(),
  clientId: Type.String(),
  authType: Type.Literal('oauth2'),
});

/** `GET /qlik-config`: what `@qlik/api` and `<qlik-embed>` need to know of the user's tenant. Nothing secret. */
export function registerQlikConfig(
  app: FastifyInstance,
  { guard, currentSession, directory }: QlikConfigDeps,
): void {
  app.get(
    '/qlik-config',
    { onRequest: guard.forFetch, schema: { response: { 200: ConfigAnswer } } },
    async (request, reply): Promise<Static<typeof ConfigAnswer>> => {
      const { user } = await currentSession.use(request, reply);
      const tenant = directory.tenantOf(user);
      return { host: tenant.url, clientId: tenant.clientId, authType: 'oauth2' };
    },
  );
}
