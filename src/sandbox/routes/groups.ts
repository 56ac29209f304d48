import type { FastifyInstance } from 'fastify';
import { requireAdmin } from '../caller.ts';
import { badRequest, QlikError } from '../errors.ts';
import { callerOf } from '../exchange.ts';
import { newObjectId } from '../ids.ts';
import type { Group } from '../model.ts';
import { type PageQuery, pageOf, single } from '../page.ts';
import { roleName, rolesNamed } from '../roles.ts';
import { parseFilter } from '../scim-filter.ts';
import { type Tenant, timestamp } from '../tenant.ts';

const SORTABLE = { name: (group: Group) => group.name, id: (group: Group) => group.id };

const NEW_GROUP = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 256 },
    providerType: { enum: ['idp', 'custom'] },
    description: { type: 'string' },
    assignedRoles: { type: 'array', maxItems: 100 },
    status: { const: 'active' },
  },
};

const GROUP_PATCH = {
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    required: ['op', 'path', 'value'],
    properties: { op: { const: 'replace' }, path: { enum: ['assignedRoles', 'name', 'description'] } },
  },
};

const FILTER = { type: 'object', properties: { filter: { type: 'string' } } };

interface NewGroup {
  name: string;
  providerType?: Group['providerType'];
  description?: string;
  assignedRoles?: unknown[];
}

type ListQuery = PageQuery & { filter?: string | string[] };

/** The groups API, for a TenantAdmin with `admin_classic` or `admin.users`. Names are unique, case included. */
export function registerGroups(app: FastifyInstance, tenant: Tenant): void {
  const { groups, users } = tenant.state;

  const list = (path: string, query: ListQuery, filter: string | undefined) => {
    const attributes = { id: ['eq'], name: ['eq', 'co'], providerType: ['eq'] } as const;
    const matches = filter === undefined ? () => true : parseFilter(filter, attributes);
    const found = [...groups.values()].filter((group) =>
      matches((attribute) => group[attribute as keyof Group] as string),
    );
    const page = pageOf(found, query, {
      url: tenant.url() + path,
      idOf: (group) => group.id,
      sortable: SORTABLE,
    });
    return { ...page, data: page.data.map((group) => groupResource(tenant, group)) };
  };

  app.get<{ Querystring: ListQuery }>('/groups', async (request) => {
    requireAdmin(callerOf(request), 'admin.users');
    return list(request.url, request.query, single(request.query.filter, 'filter'));
  });

  app.post<{ Querystring: ListQuery; Body: { filter?: string } }>(
    '/groups/actions/filter',
    { schema: { body: FILTER } },
    async (request) => {
      requireAdmin(callerOf(request), 'admin.users');
      return list(request.url, request.query, request.body.filter);
    },
  );

  app.post<{ Body: NewGroup }>('/groups', { schema: { body: NEW_GROUP } }, async (request, reply) => {
    requireAdmin(callerOf(request), 'admin.users');
    const { name, providerType = 'idp', description = '', assignedRoles = [] } = request.body;
    refuseTaken(tenant, name);
    const createdAt = timestamp(tenant);
    const group: Group = {
      id: newObjectId(),
      name,
      providerType,
      description,
      roles: knownRoles(assignedRoles),
      createdAt,
      lastUpdatedAt: createdAt,
    };
    groups.set(group.id, group);
    return reply.code(201).send(groupResource(tenant, group));
  });

  app.get<{ Params: { id: string } }>('/groups/:id', async (request) => {
    requireAdmin(callerOf(request), 'admin.users');
    return groupResource(tenant, known(tenant, request.params.id));
  });

  app.patch<{ Params: { id: string }; Body: { path: string; value: unknown }[] }>(
    '/groups/:id',
    { schema: { body: GROUP_PATCH } },
    async (request, reply) => {
      requireAdmin(callerOf(request), 'admin.users');
      const group = known(tenant, request.params.id);
      const changed = { ...group, lastUpdatedAt: timestamp(tenant) };
      for (const { path, value } of request.body) {
        if (path === 'assignedRoles') changed.roles = knownRoles(value);
        else if (typeof value !== 'string' || group.providerType !== 'custom')
          throw badRequest(`${path} cannot change`);
        else if (path === 'description') changed.description = value;
        else changed.name = value;
      }
      if (changed.name !== group.name) refuseTaken(tenant, changed.name);
      groups.set(group.id, changed);
      return reply.code(204).send();
    },
  );

  app.delete<{ Params: { id: string } }>('/groups/:id', async (request, reply) => {
    requireAdmin(callerOf(request), 'admin.users');
    const { id } = known(tenant, request.params.id);
    groups.delete(id);
    for (const user of users.values()) user.groupIds = user.groupIds.filter((groupId) => groupId !== id);
    return reply.code(204).send();
  });
}

function known(tenant: Tenant, id: string): Group {
  const group = tenant.state.groups.get(id);
  if (!group) throw new QlikError(404, 'GROUPS-7', 'Not found');
  return group;
}

function refuseTaken(tenant: Tenant, name: string): void {
  for (const group of tenant.state.groups.values()) {
    if (group.name === name) throw new QlikError(409, 'GROUPS-6', 'Group already exists');
  }
}

function knownRoles(references: unknown): string[] {
  if (!Array.isArray(references)) throw badRequest('assignedRoles is a list');
  return references.map((reference) => {
    const role = roleName(reference);
    if (role === undefined) throw badRequest('assignedRoles refers to an unknown role');
    return role;
  });
}

function groupResource(tenant: Tenant, group: Group): object {
  const { roles, ...rest } = group;
  return {
    ...rest,
    tenantId: tenant.state.tenant.id,
    status: 'active',
    assignedRoles: rolesNamed(roles),
    links: { self: { href: `${tenant.url()}/api/v1/groups/${group.id}` } },
  };
}
