import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logout } from '../../access/logout.ts';
import type { UserTokens } from '../../access/user-tokens.ts';
import type { Log } from '../../observability/log.ts';
import type { PortalUser } from '../../portal/portal-user.ts';
import { only, optional, record, text } from '../../shape.ts';
import { shaped } from '../shaped.ts';

export interface RevocationDeps {
  readonly logout: Logout;
  readonly tokens: UserTokens;
  readonly log: Log;
}

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
 * The operators' calls that end sessions and tokens, on every replica from the next request on. Whoever the portal calls
 * `id` (of `tenant`, where users have one). Repeating a call does no harm: what there is no more is counted as none.
 */
export function registerRevocation(app: FastifyInstance, { logout, tokens, log }: RevocationDeps): void {
  app.delete<OneUser>('/admin/users/:id/sessions', { schema: oneUser }, async (request) => {
    const ended = await logout.everywhere(userOf(request));
    log.warn({ ...whom(request), ...ended }, 'an operator ended a user’s sessions');
    return ended;
  });

  app.delete<OneUser>('/admin/users/:id/tokens', { schema: oneUser }, async (request) => {
    const ended = { tokens: Number(await tokens.forget(userOf(request))) };
    log.warn({ ...whom(request), ...ended }, 'an operator ended a user’s token');
    return ended;
  });

  app.delete('/admin/tokens', { schema: nothingElse }, async (request) => {
    await tokens.forgetAll();
    log.warn({ requestId: request.id }, 'an operator ended all users’ tokens');
    return { tokens: 'all' };
  });
}

function userOf({ params, query }: FastifyRequest<OneUser>): PortalUser {
  return { id: params.id, ...(query.tenant !== undefined && { tenant: query.tenant }) };
}

function whom(request: FastifyRequest<OneUser>) {
  return { requestId: request.id, user: userOf(request) };
}
