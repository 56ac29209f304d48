import type { FastifyInstance } from 'fastify';
import { requireAdmin } from '../caller.ts';
import {
  type ClientOperation,
  clientPatchSchema,
  patchedSettings,
  readClientSettings,
} from '../client-patch.ts';
import { registerClient, removeClient } from '../client-registry.ts';
import { clientResource } from '../client-resource.ts';
import { generateSecret } from '../client-secrets.ts';
import { badRequest, httpError } from '../errors.ts';
import { callerOf } from '../exchange.ts';
import { newClientId } from '../ids.ts';
import type { Client } from '../model.ts';
import { type PageQuery, pageOf, single } from '../page.ts';
import { parseFilter } from '../scim-filter.ts';
import { type Tenant, timestamp } from '../tenant.ts';

const APP_TYPES = ['web', 'native', 'spa', 'anonymous-embed'];

const NEW_CLIENT = {
  type: 'object',
  required: ['appType', 'clientName'],
  properties: {
    appType: { enum: APP_TYPES },
    connectionConfig: { type: 'object', properties: { consentMethod: { const: 'trusted' } } },
  },
};

const CONSENT_PATCH = {
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    required: ['op', 'path', 'value'],
    properties: {
      op: { const: 'replace' },
      path: { const: '/consentMethod' },
      value: { enum: ['required', 'trusted'] },
    },
  },
};

const SORTABLE = {
  clientId: (client: Client) => client.clientId,
  clientName: (client: Client) => client.clientName,
  appType: (client: Client) => client.appType,
  createdAt: (client: Client) => client.createdAt,
  updatedAt: (client: Client) => client.updatedAt,
};

type ById = { Params: { id: string } };
type ListQuery = PageQuery & { filter?: string | string[] };
type NewClient = { appType: string; clientName: string; connectionConfig?: { consentMethod?: 'trusted' } };

/** The OAuth clients API; every call needs a TenantAdmin with `admin_classic`. */
export function registerOAuthClients(app: FastifyInstance, tenant: Tenant): void {
  const { clients } = tenant.state;

  app.get<{ Querystring: ListQuery }>('/oauth-clients', async (request) => {
    requireAdmin(callerOf(request));
    const { query, url } = request;
    const filter = single(query.filter, 'filter');
    const attributes = { clientId: ['eq'], clientName: ['eq'], appType: ['eq'] } as const;
    const matches = filter === undefined ? () => true : parseFilter(filter, attributes);
    const found = [...clients.values()].filter((client) =>
      matches((attribute) => client[attribute as keyof Client] as string),
    );
    const idOf = (client: Client) => client.clientId;
    const page = pageOf(found, query, { url: tenant.url() + url, idOf, sortable: SORTABLE });
    return { ...page, data: page.data.map(clientResource) };
  });

  app.post<{ Body: NewClient & Record<string, unknown> }>(
    '/oauth-clients',
    { schema: { body: NEW_CLIENT } },
    async (request, reply) => {
      const caller = callerOf(request);
      requireAdmin(caller);
      const { appType, clientName, connectionConfig } = request.body;
      const settings = readClientSettings(request.body);
      if (settings.allowedGrantTypes?.length && appType !== 'web')
        throw badRequest('allowedGrantTypes is for web');
      const { client, clientSecret } = registerClient(
        tenant.state,
        {
          clientName,
          ...settings,
          clientId: newClientId(),
          appType,
          ownerId: caller.user.id,
          consentMethod: connectionConfig?.consentMethod ?? 'required',
        },
        timestamp(tenant),
      );
      const clientSecretHint = client.secrets[0]?.hint;
      return reply.code(201).send({ ...clientResource(client), clientSecret, clientSecretHint });
    },
  );

  app.get<ById>('/oauth-clients/:id', async (request) => {
    requireAdmin(callerOf(request));
    return clientResource(known(tenant, request.params.id));
  });

  app.patch<ById & { Body: ClientOperation[] }>(
    '/oauth-clients/:id',
    { schema: { body: clientPatchSchema } },
    async (request, reply) => {
      const caller = callerOf(request);
      requireAdmin(caller);
      const client = known(tenant, request.params.id);
      Object.assign(client, patchedSettings(client, request.body), { updatedAt: timestamp(tenant) });
      if (!client.allowedAuthMethods.includes('client_secret') || client.secrets.length > 0) {
        return reply.code(204).send();
      }
      const { clientSecret, record } = generateSecret(caller.user.id, timestamp(tenant));
      client.secrets.push(record);
      return reply.code(202).send({ clientSecret });
    },
  );

  app.delete<ById>('/oauth-clients/:id', async (request, reply) => {
    requireAdmin(callerOf(request));
    removeClient(tenant.state, known(tenant, request.params.id));
    return reply.code(204).send();
  });

  app.post<ById>('/oauth-clients/:id/actions/publish', async (request, reply) => {
    requireAdmin(callerOf(request));
    const client = known(tenant, request.params.id);
    client.publishedAt ??= timestamp(tenant);
    return reply.code(201).send({ publishedAt: client.publishedAt });
  });

  app.get<ById>('/oauth-clients/:id/connection-configs/me', async (request) => {
    requireAdmin(callerOf(request));
    return { consentMethod: known(tenant, request.params.id).consentMethod, status: 'active' };
  });

  app.patch<ById & { Body: { value: Client['consentMethod'] }[] }>(
    '/oauth-clients/:id/connection-configs/me',
    { schema: { body: CONSENT_PATCH } },
    async (request, reply) => {
      requireAdmin(callerOf(request));
      const client = known(tenant, request.params.id);
      for (const { value } of request.body) client.consentMethod = value;
      return reply.code(204).send();
    },
  );

  app.delete<ById>('/oauth-clients/:id/connection-configs/me', async (request, reply) => {
    requireAdmin(callerOf(request));
    known(tenant, request.params.id).consentMethod = 'required';
    return reply.code(204).send();
  });
}

function known(tenant: Tenant, id: string): Client {
  const client = tenant.state.clients.get(id);
  if (!client) throw httpError(404);
  return client;
}
