import type { FastifyPluginAsync } from 'fastify';
import * as v from 'valibot';
import type { Revocation } from '../../access/revocation.ts';
import type { PortalUser } from '../../portal/portal-user.ts';
import { ignored } from '../route-schemas.ts';
import type { ValibotTypes } from '../validation.ts';

export interface RevocationRoutesDeps {
  readonly revocation: Revocation;
}

const name = v.pipe(v.string(), v.nonEmpty());
const userParams = v.strictObject({ id: name });
// A query that was mistyped must not be taken for none.
const userQuery = v.strictObject({ tenant: v.optional(name) });
const noQuery = v.strictObject({});

const count = v.pipe(v.number(), v.integer());
const endedSessions = v.strictObject({ sessions: count, tokens: count });
const endedTokens = v.strictObject({ tokens: count });
const endedAll = v.strictObject({ sessions: v.optional(v.literal('all')), tokens: v.literal('all') });

/**
 * The operators' calls that end sessions and tokens. Whoever the portal calls `id` (of `tenant`, where users have one).
 */
export const revocationRoutes: FastifyPluginAsync<RevocationRoutesDeps> = async (scope, { revocation }) => {
  const app = scope.withTypeProvider<ValibotTypes>();
  const oneUser = { params: userParams, querystring: userQuery, body: ignored };

  app.delete(
    '/admin/users/:id/sessions',
    { schema: { ...oneUser, response: { 200: endedSessions } } },
    async ({ params, query, id }) => revocation.sessionsOf(userOf(params, query), id),
  );

  app.delete(
    '/admin/users/:id/tokens',
    { schema: { ...oneUser, response: { 200: endedTokens } } },
    async ({ params, query, id }) => revocation.tokenOf(userOf(params, query), id),
  );

  app.delete(
    '/admin/sessions',
    { schema: { querystring: noQuery, body: ignored, response: { 200: endedAll } } },
    async ({ id }) => {
      await revocation.allSessions(id);
      return { sessions: 'all' as const, tokens: 'all' as const };
    },
  );

  app.delete(
    '/admin/tokens',
    { schema: { querystring: noQuery, body: ignored, response: { 200: endedAll } } },
    async ({ id }) => {
      await revocation.allTokens(id);
      return { tokens: 'all' as const };
    },
  );
};

function userOf(
  { id }: v.InferOutput<typeof userParams>,
  { tenant }: v.InferOutput<typeof userQuery>,
): PortalUser {
  return { id, ...(tenant !== undefined && { tenant }) };
}
