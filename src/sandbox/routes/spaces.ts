import type { FastifyInstance } from 'fastify';
import { type Caller, requireAdmin } from '../caller.ts';
import { badRequest, QlikError } from '../errors.ts';
import { callerOf } from '../exchange.ts';
import { newObjectId } from '../ids.ts';
import type { Assignment, Space } from '../model.ts';
import { type PageQuery, pageOf, single } from '../page.ts';
import { type Tenant, timestamp } from '../tenant.ts';
import { rolesIn, sees } from '../visibility.ts';

const ROLES = {
  shared: ['codeveloper', 'consumer', 'dataconsumer', 'facilitator', 'producer'],
  managed: ['basicconsumer', 'consumer', 'contributor', 'dataconsumer', 'facilitator', 'publisher'],
  data: ['consumer', 'dataconsumer', 'datapreview', 'facilitator', 'operator', 'producer', 'publisher'],
};

const NEW_SPACE = {
  type: 'object',
  required: ['name', 'type'],
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 256, pattern: '^[^"*?<>/|\\\\:]+$' },
    type: { enum: Object.keys(ROLES) },
    description: { type: 'string' },
  },
};

const NEW_ASSIGNMENT = {
  type: 'object',
  required: ['type', 'assigneeId', 'roles'],
  properties: {
    type: { enum: ['user', 'group'] },
    assigneeId: { type: 'string' },
    roles: { type: 'array', minItems: 1, items: { type: 'string' } },
  },
};

const SORTABLE = {
  name: (space: Space) => space.name,
  type: (space: Space) => space.type,
  createdAt: (space: Space) => space.createdAt,
};

type ListQuery = PageQuery & { name?: string | string[]; type?: string | string[] };

/** The spaces API: everybody reads the spaces that they see; creating and assigning needs a TenantAdmin. */
export function registerSpaces(app: FastifyInstance, tenant: Tenant): void {
  const { spaces } = tenant.state;

  app.get<{ Querystring: ListQuery }>('/spaces', async (request) => {
    const caller = callerOf(request);
    const name = single(request.query.name, 'name')?.toLowerCase() ?? '';
    const types = single(request.query.type, 'type')?.split(',');
    const found = [...spaces.values()].filter(
      (space) =>
        sees(caller, space) &&
        space.name.toLowerCase().includes(name) &&
        (types === undefined || types.includes(space.type)),
    );
    const url = tenant.url() + request.url;
    const page = pageOf(found, request.query, { url, idOf: (space) => space.id, sortable: SORTABLE });
    return {
      ...page,
      data: page.data.map((space) => spaceResource(tenant, space, caller)),
      meta: { count: found.length },
    };
  });

  app.post<{ Body: Pick<Space, 'name' | 'type'> & { description?: string } }>(
    '/spaces',
    { schema: { body: NEW_SPACE } },
    async (request, reply) => {
      const caller = callerOf(request);
      requireAdmin(caller);
      const { name, type, description = '' } = request.body;
      for (const space of spaces.values()) {
        if (space.name === name) throw new QlikError(409, 'SPACES-409', 'A space of that name exists');
      }
      const space: Space = {
        id: newObjectId(),
        name,
        type,
        description,
        ownerId: caller.user.id,
        assignments: [],
        createdAt: timestamp(tenant),
      };
      spaces.set(space.id, space);
      return reply.code(201).send(spaceResource(tenant, space, caller));
    },
  );

  app.get<{ Params: { id: string } }>('/spaces/:id', async (request) => {
    const caller = callerOf(request);
    return spaceResource(tenant, visible(tenant, caller, request.params.id), caller);
  });

  app.get<{ Params: { id: string }; Querystring: PageQuery }>('/spaces/:id/assignments', async (request) => {
    const space = visible(tenant, callerOf(request), request.params.id);
    const page = pageOf(space.assignments, request.query, {
      url: tenant.url() + request.url,
      idOf: (assignment) => assignment.id,
      sortable: { createdAt: (assignment) => assignment.createdAt },
    });
    return {
      ...page,
      data: page.data.map((assignment) => assignmentResource(tenant, space, assignment)),
      meta: { count: space.assignments.length },
    };
  });

  app.post<{ Params: { id: string }; Body: Pick<Assignment, 'type' | 'assigneeId' | 'roles'> }>(
    '/spaces/:id/assignments',
    { schema: { body: NEW_ASSIGNMENT } },
    async (request, reply) => {
      const caller = callerOf(request);
      requireAdmin(caller);
      const space = visible(tenant, caller, request.params.id);
      const { type, assigneeId, roles } = request.body;
      const assignees = type === 'user' ? tenant.state.users : tenant.state.groups;
      if (!assignees.has(assigneeId)) throw badRequest('assigneeId is unknown');
      if (!roles.every((role) => ROLES[space.type].includes(role)))
        throw badRequest('roles has an unknown role');
      if (space.assignments.some((other) => other.type === type && other.assigneeId === assigneeId)) {
        throw new QlikError(409, 'SPACES-409', 'The assignment exists');
      }
      const createdAt = timestamp(tenant);
      const assignment = { id: newObjectId(), type, assigneeId, roles, createdAt, createdBy: caller.user.id };
      space.assignments.push(assignment);
      return reply.code(201).send(assignmentResource(tenant, space, assignment));
    },
  );
}

/** A space that the caller does not see is as good as none. */
function visible(tenant: Tenant, caller: Caller, id: string): Space {
  const space = tenant.state.spaces.get(id);
  if (!space || !sees(caller, space)) throw new QlikError(404, 'SPACES-404', 'Not found');
  return space;
}

function spaceResource(tenant: Tenant, space: Space, caller: Caller): object {
  const { assignments: _, ...rest } = space;
  const href = `${tenant.url()}/api/v1/spaces/${space.id}`;
  return {
    ...rest,
    tenantId: tenant.state.tenant.id,
    updatedAt: space.createdAt,
    meta: { actions: ['read'], roles: rolesIn(space, caller), assignableRoles: ROLES[space.type] },
    links: { self: { href }, assignments: { href: `${href}/assignments` } },
  };
}

function assignmentResource(tenant: Tenant, space: Space, assignment: Assignment): object {
  const href = `${tenant.url()}/api/v1/spaces/${space.id}`;
  return {
    ...assignment,
    spaceId: space.id,
    tenantId: tenant.state.tenant.id,
    links: { self: { href: `${href}/assignments/${assignment.id}` }, space: { href } },
  };
}
