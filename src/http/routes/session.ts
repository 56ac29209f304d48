import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import type { CurrentSession } from '../policy/current-session.ts';
import type { RouteGuard } from '../policy/route-guard.ts';

export interface SessionRouteDeps {
  readonly guard: RouteGuard;
  readonly currentSession: CurrentSession;
  /** The tenant of every user. */
  readonly tenantUrl: string;
}

const SessionAnswer = Type.Object({
  user: Type.Object({
    id: Type.String(),
    name: Type.Optional(Type.String()),
    email: Type.Optional(Type.String()),
    tenant: Type.String(),
  }),
  idle_expires_in: Type.Integer(),
  expires_in: Type.Integer(),
});

/** `GET /session`: who is signed in and for how long; in seconds. Asking extends nothing. */
export function registerSession(
  app: FastifyInstance,
  { guard, currentSession, tenantUrl }: SessionRouteDeps,
): void {
  app.get(
    '/session',
    { onRequest: guard.forFetch, schema: { response: { 200: SessionAnswer } } },
    async (request, reply): Promise<Static<typeof SessionAnswer>> => {
      const { user, idleRemainingMs, remainingMs } = await currentSession.peek(request, reply);
      const { id, name, email } = user;
      return {
        user: {
          id,
          ...(name !== undefined && { name }),
          ...(email !== undefined && { email }),
          tenant: tenantUrl,
        },
        idle_expires_in: Math.floor(idleRemainingMs / 1_000),
        expires_in: Math.floor(remainingMs / 1_000),
      };
    },
  );
}
