import type { Group, User } from './model.ts';
import { rolesNamed } from './roles.ts';
import type { Tenant } from './tenant.ts';

/** A user as the users API answers it, also under the older names `groups`, `roles`, `created`, `lastUpdated`. */
export function userResource(tenant: Tenant, user: User): Record<string, unknown> {
  const { groupIds, roles, ...rest } = user;
  const groups = groupIds
    .map((id) => tenant.state.groups.get(id))
    .filter((group): group is Group => group !== undefined);
  return {
    ...rest,
    tenantId: tenant.state.tenant.id,
    roles,
    assignedRoles: rolesNamed(roles),
    groups: groups.map((group) => group.name),
    assignedGroups: groups.map(({ id, name, providerType, roles: assigned }) => ({
      id,
      name,
      providerType,
      assignedRoles: rolesNamed(assigned),
    })),
    created: user.createdAt,
    lastUpdated: user.lastUpdatedAt,
    links: { self: { href: `${tenant.url()}/api/v1/users/${user.id}` } },
  };
}
