import type { FastifyInstance } from 'fastify';
import { rateLimited } from '../errors.ts';
import type { Tenant } from '../tenant.ts';
import { registerRevoke } from './oauth-revoke.ts';
import { registerToken } from './oauth-token.ts';

/** `/oauth/…`: tier 2 for the tenant as a whole, so that minting and provisioning spend one budget. */
export function registerOAuth(app: FastifyInstance, tenant: Tenant): void {
  app.addHook('preValidation', async () => {
    const seconds = tenant.tierTwo.take('tenant');
    if (seconds > 0) throw rateLimited(seconds);
  });
  registerToken(app, tenant);
  registerRevoke(app, tenant);
}
