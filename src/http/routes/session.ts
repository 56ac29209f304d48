import type { FastifyInstance } from 'fastify';
import type { Tenants } from '../../access/tenants.ts';
import type { CurrentSession } from '../policy/current-session.ts';
import type { RouteGuard } from '../policy/route-guard.ts';

export interface SessionRouteDeps {
  readonly guard: RouteGuard;
  readonly currentSession: CurrentSession;
  readonly tenants: Tenants;
}

/** `GET /session`: who is signed in and for how long; in seconds. Asking extends nothing. */
export function registerSession(
  app: FastifyInstance,
  { guard, currentSession, tenants }: SessionRouteDeps,
): void {
  app.get('/session', { onRequest: guard.forFetch }, async (request, reply) => {
    const { user, idleRemainingMs, remainingMs } = await currentSession.peek(request, reply);
    const { id, name, email } = user;
    return {
      user: { id, name, email, tenant: tenants.of(user).tenant.url },
      idle_expires_in: Math.floor(idleRemainingMs / 1_000),
      expires_in: Math.floor(remainingMs / 1_000),
    };
  });
}
