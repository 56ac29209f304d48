import type { FastifyInstance } from 'fastify';
import { authenticateCaller, subjectOf } from '../caller.ts';
import { rateLimited } from '../errors.ts';
import { exchangeOf } from '../exchange.ts';
import type { Tenant } from '../tenant.ts';
import { registerGroups } from './groups.ts';
import { registerItems } from './items.ts';
import { registerClientSecrets } from './oauth-client-secrets.ts';
import { registerOAuthClients } from './oauth-clients.ts';
import { registerOAuthTokens } from './oauth-tokens.ts';
import { registerSpaces } from './spaces.ts';
import { registerTenants } from './tenants.ts';
import { registerUserLocale } from './user-locale.ts';
import { registerUsers } from './users.ts';

const TIER_TWO = new Set(['POST /api/v1/users', 'PATCH /api/v1/users/:id', 'POST /api/v1/oauth-clients']);

/** `/api/v1/…`: every route needs a bearer token and spends the caller's tier. */
export function registerApi(app: FastifyInstance, tenant: Tenant): void {
  app.addHook('preValidation', async (request) => {
    const exchange = exchangeOf(request);
    const { authorization } = request.headers;
    const caller = await authenticateCaller(tenant, authorization).catch(async (error) => {
      const subject = await subjectOf(tenant, authorization);
      if (subject !== undefined) exchange.call.subject = subject;
      throw error;
    });
    exchange.caller = caller;
    exchange.client = caller.client;
    exchange.call.subject = caller.user.subject;
    const { method, routeOptions } = request;
    const seconds = TIER_TWO.has(`${method} ${routeOptions.url}`)
      ? tenant.tierTwo.take('tenant')
      : tenant.tierOne.take(caller.user.id);
    if (seconds > 0) throw rateLimited(seconds);
  });
  registerUsers(app, tenant);
  registerGroups(app, tenant);
  registerTenants(app, tenant);
  registerUserLocale(app);
  registerOAuthClients(app, tenant);
  registerClientSecrets(app, tenant);
  registerOAuthTokens(app, tenant);
  registerSpaces(app, tenant);
  registerItems(app, tenant);
}
