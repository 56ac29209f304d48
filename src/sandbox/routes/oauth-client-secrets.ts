import type { FastifyInstance } from 'fastify';
import { requireAdmin } from '../caller.ts';
import { secretResource } from '../client-resource.ts';
import { generateSecret, MAX_SECRETS } from '../client-secrets.ts';
import { httpError } from '../errors.ts';
import { callerOf } from '../exchange.ts';
import { type Tenant, timestamp } from '../tenant.ts';

/** The secrets of a client: a second one, then the first one's end, rotates them without downtime. */
export function registerClientSecrets(app: FastifyInstance, tenant: Tenant): void {
  app.post<{ Params: { id: string } }>('/oauth-clients/:id/client-secrets', async (request, reply) => {
    const caller = callerOf(request);
    requireAdmin(caller);
    const client = tenant.state.clients.get(request.params.id);
    if (!client) throw httpError(404);
    if (client.secrets.length >= MAX_SECRETS)
      throw httpError(409, `a client has at most ${MAX_SECRETS} secrets`);
    const { clientSecret, record } = generateSecret(caller.user.id, timestamp(tenant));
    client.secrets.push(record);
    return reply.code(201).send({ clientId: client.clientId, clientSecret, ...secretResource(record) });
  });

  app.delete<{ Params: { id: string; hint: string } }>(
    '/oauth-clients/:id/client-secrets/:hint',
    async (request, reply) => {
      requireAdmin(callerOf(request));
      const client = tenant.state.clients.get(request.params.id);
      const index = client?.secrets.findIndex((secret) => secret.hint === request.params.hint) ?? -1;
      if (index < 0) throw httpError(404);
      client?.secrets.splice(index, 1);
      return reply.code(204).send();
    },
  );
}
