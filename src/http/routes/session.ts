import type { FastifyPluginAsync } from 'fastify';
import * as v from 'valibot';
import type { Tenants } from '../../access/tenants.ts';
import type { CurrentSession } from '../policy/current-session.ts';
import { ignored } from '../route-schemas.ts';
import type { ValibotTypes } from '../validation.ts';

export interface SessionRouteDeps {
  readonly currentSession: CurrentSession;
  readonly tenants: Tenants;
}

const seconds = v.pipe(v.number(), v.integer());

const sessionSchema = v.strictObject({
  user: v.strictObject({
    id: v.string(),
    name: v.optional(v.string()),
    email: v.optional(v.string()),
    tenant: v.string(),
  }),
  idle_expires_in: seconds,
  expires_in: seconds,
});

/**
 * `GET /session`: who is signed in and for how long; in seconds. Asking extends nothing. For the scope `pages`.
 */
export const sessionRoute: FastifyPluginAsync<SessionRouteDeps> = async (scope, deps) => {
  const { currentSession, tenants } = deps;
  const app = scope.withTypeProvider<ValibotTypes>();

  app.get(
    '/session',
    { schema: { querystring: ignored, response: { 200: sessionSchema } } },
    async (request, reply) => {
      const { user, idleRemainingMs, remainingMs } = await currentSession.peek(request, reply);
      const { id, name, email } = user;
      return {
        user: { id, name, email, tenant: tenants.of(user).tenant.url },
        idle_expires_in: Math.floor(idleRemainingMs / 1_000),
        expires_in: Math.floor(remainingMs / 1_000),
      };
    },
  );
};
