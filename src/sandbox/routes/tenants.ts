import type { FastifyInstance } from 'fastify';
import { QlikError } from '../errors.ts';
import type { Tenant } from '../tenant.ts';

/** `GET /tenants/me`, also under the tenant's id. (Qlik may redirect from the one to the other.) */
export function registerTenants(app: FastifyInstance, tenant: Tenant): void {
  app.get<{ Params: { id: string } }>('/tenants/:id', async (request) => {
    const { createdAt, ...rest } = tenant.state.tenant;
    if (request.params.id !== 'me' && request.params.id !== rest.id) {
      throw new QlikError(404, 'TENANTS-8', 'Not found');
    }
    return {
      ...rest,
      hostnames: [new URL(tenant.url()).host],
      status: 'active',
      created: createdAt,
      lastUpdated: createdAt,
      links: { self: { href: `${tenant.url()}/api/v1/tenants/${rest.id}` } },
    };
  });
}
