import type { FastifyInstance } from 'fastify';
import { requireAdmin } from '../caller.ts';
import { badRequest, errorBody, QlikError } from '../errors.ts';
import { callerOf } from '../exchange.ts';
import { newObjectId } from '../ids.ts';
import type { User } from '../model.ts';
import { type Page, type PageQuery, pageOf, single } from '../page.ts';
import { roleName } from '../roles.ts';
import { type FilterAttributes, parseFilter } from '../scim-filter.ts';
import { type Tenant, timestamp } from '../tenant.ts';
import { applyUserPatch, type UserOperation, userPatchSchema } from '../user-patch.ts';
import { userResource } from '../user-resource.ts';

const FILTERABLE: FilterAttributes = {
  id: ['eq'],
  subject: ['eq', 'co'],
  name: ['eq', 'co'],
  email: ['eq', 'co'],
  status: ['eq'],
  clientId: ['eq'],
};

const SORTABLE = {
  id: (user: User) => user.id,
  name: (user: User) => user.name,
  subject: (user: User) => user.subject,
  email: (user: User) => user.email,
  status: (user: User) => user.status,
  clientId: (user: User) => user.clientId,
  createdAt: (user: User) => user.createdAt,
};

const NEW_USER = {
  type: 'object',
  required: ['subject'],
  additionalProperties: false,
  properties: {
    subject: { type: 'string', minLength: 1 },
    name: { type: 'string' },
    email: { type: 'string' },
    picture: { type: 'string' },
    status: { const: 'invited' },
    tenantId: { type: 'string' },
    assignedRoles: { type: 'array', items: { type: 'object' } },
  },
};

const FILTER = { type: 'object', properties: { filter: { type: 'string' } } };

interface NewUser {
  subject: string;
  name?: string;
  email?: string;
  picture?: string;
  status?: 'invited';
  tenantId?: string;
  assignedRoles?: unknown[];
}

type ListQuery = PageQuery & { filter?: string | string[]; fields?: string | string[] };

/**
 * The users API. Everybody may read themselves; all else needs a TenantAdmin with `admin_classic` or
 * `admin.users`. Two users may share an e-mail address or differ in the case of their subject alone: Qlik does not
 * document that they may not, and a caller has to cope.
 */
export function registerUsers(app: FastifyInstance, tenant: Tenant): void {
  const { users } = tenant.state;

  const list = (path: string, query: ListQuery, filter: string | undefined): Page<unknown> => {
    const matches = filter === undefined ? () => true : parseFilter(filter, FILTERABLE);
    const found = [...users.values()].filter((user) =>
      matches((attribute) => user[attribute as keyof User] as string | undefined),
    );
    const page = pageOf(found, query, {
      url: tenant.url() + path,
      idOf: (user) => user.id,
      sortable: SORTABLE,
    });
    const fields = single(query.fields, 'fields');
    return { ...page, data: page.data.map((user) => withFields(userResource(tenant, user), fields)) };
  };

  app.get<{ Querystring: ListQuery }>('/users', async (request) => {
    requireAdmin(callerOf(request), 'admin.users');
    return list(request.url, request.query, single(request.query.filter, 'filter'));
  });

  app.post<{ Querystring: ListQuery; Body: { filter?: string } }>(
    '/users/actions/filter',
    { schema: { body: FILTER } },
    async (request) => {
      requireAdmin(callerOf(request), 'admin.users');
      return list(request.url, request.query, request.body.filter);
    },
  );

  app.get('/users/actions/count', async (request) => {
    requireAdmin(callerOf(request), 'admin.users');
    return { total: users.size };
  });

  app.post<{ Body: NewUser }>('/users', { schema: { body: NEW_USER } }, async (request, reply) => {
    requireAdmin(callerOf(request), 'admin.users');
    const user = newUser(tenant, request.body);
    for (const other of users.values()) {
      if (other.subject === user.subject) throw new QlikError(409, 'USERS-6', 'User already exists');
    }
    users.set(user.id, user);
    return reply.code(201).send(userResource(tenant, user));
  });

  app.get('/users/me', async (request) => userResource(tenant, callerOf(request).user));

  app.get<{ Params: { id: string }; Querystring: ListQuery }>('/users/:id', async (request) => {
    const caller = callerOf(request);
    if (caller.user.id !== request.params.id) requireAdmin(caller, 'admin.users');
    const fields = single(request.query.fields, 'fields');
    return withFields(userResource(tenant, known(tenant, request.params.id)), fields);
  });

  app.patch<{ Params: { id: string }; Body: UserOperation[] }>(
    '/users/:id',
    { schema: { body: userPatchSchema } },
    async (request, reply) => {
      requireAdmin(callerOf(request), 'admin.users');
      const user = known(tenant, request.params.id);
      const errors = applyUserPatch(tenant.state, user, request.body);
      if (errors.length < request.body.length) user.lastUpdatedAt = timestamp(tenant);
      if (errors.length === 0) return reply.code(204).send();
      const bodies = errors.map((error) => errorBody(error) as { errors: object[] });
      return reply.code(207).send({ ...bodies[0], errors: bodies.flatMap((body) => body.errors) });
    },
  );

  app.delete<{ Params: { id: string } }>('/users/:id', async (request, reply) => {
    requireAdmin(callerOf(request), 'admin.users');
    users.delete(known(tenant, request.params.id).id);
    return reply.code(204).send();
  });
}

function known(tenant: Tenant, id: string): User {
  const user = tenant.state.users.get(id);
  if (!user) throw new QlikError(404, 'USERS-7', 'Not found');
  return user;
}

/** An invitation needs an e-mail address; without `status: "invited"` the user is provisioned, not invited. */
function newUser(tenant: Tenant, body: NewUser): User {
  const { subject, name, email, picture, status = 'provisioned', tenantId, assignedRoles = [] } = body;
  if (status === 'invited' && !email) throw badRequest('an invited user needs an email');
  if (tenantId !== undefined && tenantId !== tenant.state.tenant.id)
    throw badRequest('tenantId is another tenant');
  const roles = assignedRoles.map((reference) => {
    const role = roleName(reference);
    if (role === undefined) throw badRequest('assignedRoles refers to an unknown role');
    return role;
  });
  const createdAt = timestamp(tenant);
  return {
    id: newObjectId(),
    subject,
    name: name ?? email ?? subject,
    ...(email === undefined ? {} : { email }),
    ...(picture === undefined ? {} : { picture }),
    status,
    roles,
    groupIds: [],
    createdAt,
    lastUpdatedAt: createdAt,
  };
}

/** The `fields` parameter: only the attributes that it lists, or everything without it. */
function withFields(resource: Record<string, unknown>, fields: string | undefined): Record<string, unknown> {
  if (fields === undefined) return resource;
  const wanted = new Set(fields.split(','));
  return Object.fromEntries(Object.entries(resource).filter(([key]) => wanted.has(key)));
}
