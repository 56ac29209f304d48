import type { FastifyInstance } from 'fastify';
import { isAdmin, requireAdmin } from '../caller.ts';
import { httpError } from '../errors.ts';
import { callerOf } from '../exchange.ts';
import { type PageQuery, pageOf, single } from '../page.ts';
import type { Tenant } from '../tenant.ts';
import type { TokenRecord } from '../tokens.ts';

const SORTABLE = { userId: (token: TokenRecord) => token.userId };

type ListQuery = PageQuery & { userId?: string | string[] };

/** The tokens that are alive: everybody's own, and for a TenantAdmin with `admin_classic` all of them. */
export function registerOAuthTokens(app: FastifyInstance, tenant: Tenant): void {
  app.get<{ Querystring: ListQuery }>('/oauth-tokens', async (request) => {
    const caller = callerOf(request);
    const userId = single(request.query.userId, 'userId');
    if (userId !== undefined && userId !== caller.user.id) requireAdmin(caller);
    const wanted = userId ?? (isAdmin(caller) ? undefined : caller.user.id);
    const found = tenant.tokens.living().filter((token) => wanted === undefined || token.userId === wanted);
    const page = pageOf(found, request.query, {
      url: tenant.url() + request.url,
      idOf: (token) => token.id,
      sortable: SORTABLE,
    });
    return { data: page.data.map((token) => tokenResource(tenant, token)), links: page.links };
  });

  app.delete<{ Params: { id: string } }>('/oauth-tokens/:id', async (request, reply) => {
    const caller = callerOf(request);
    const token = tenant.tokens.living().find(({ id }) => id === request.params.id);
    if (token?.userId !== caller.user.id) requireAdmin(caller);
    if (!tenant.tokens.revokeById(request.params.id)) throw httpError(404);
    return reply.code(204).send();
  });
}

function tokenResource(tenant: Tenant, token: TokenRecord): object {
  const { id, userId, clientId, lastUsedAtMs } = token;
  return {
    id,
    tenantId: tenant.state.tenant.id,
    userId,
    description: tenant.state.clients.get(clientId)?.clientName,
    ...(lastUsedAtMs === undefined ? {} : { lastUsed: new Date(lastUsedAtMs).toISOString() }),
  };
}
