import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Revocation } from '../../access/revocation.ts';
import type { PortalUser } from '../../portal/portal-user.ts';
import { only, optional, record, text } from '../../shape.ts';
import { shaped } from '../shaped.ts';

interface OneUser {
  Params: { id: string };
  Querystring: { tenant?: string };
}

// A query that was mistyped must not be taken for none.
const oneUser = {
  params: shaped(record({ id: text(1) })),
  querystring: shaped(only(['tenant'], record({ tenant: optional(text(1)) }))),
};
const nothingElse = { querystring: shaped(only([], record({}))) };

/**
 * The operators' calls that end sessions and tokens. Whoever the portal calls `id` (of `tenant`, where users have one).
 */
export function registerRevocation(app: FastifyInstance, revocation: Revocation): void {
  app.delete<OneUser>('/admin/users/:id/sessions', { schema: oneUser }, async (request) =>
    revocation.sessionsOf(userOf(request), request.id),
  );

  app.delete<OneUser>('/admin/users/:id/tokens', { schema: oneUser }, async (request) =>
    revocation.tokenOf(userOf(request), request.id),
  );

  app.delete('/admin/tokens', { schema: nothingElse }, async (request) => {
    await revocation.allTokens(request.id);
    return { tokens: 'all' };
  });
}

function userOf({ params, query }: FastifyRequest<OneUser>): PortalUser {
  return { id: params.id, ...(query.tenant !== undefined && { tenant: query.tenant }) };
}
