import { createHash } from 'node:crypto';

/** A role as users and groups show it. */
export interface Role {
  id: string;
  name: string;
  type: 'default';
  level: 'admin' | 'user';
}

const NAMES = ['TenantAdmin', 'AnalyticsAdmin', 'DataAdmin', 'Developer', 'SharedSpaceCreator'];

/** The roles of the tenant. Only TenantAdmin changes what a caller may do here. */
const ROLES: readonly Role[] = NAMES.map((name) => ({
  id: createHash('sha256').update(name).digest('hex').slice(0, 24),
  name,
  type: 'default',
  level: name.endsWith('Admin') ? 'admin' : 'user',
}));

/** The roles of these names, as they are shown. */
export function rolesNamed(names: readonly string[]): Role[] {
  return ROLES.filter((role) => names.includes(role.name));
}

/** The name of the role that `{ id }` or `{ name }` refers to; undefined when there is none. */
export function roleName(reference: unknown): string | undefined {
  const { id, name } = (reference ?? {}) as { id?: unknown; name?: unknown };
  return ROLES.find((role) => role.id === id || role.name === name)?.name;
}
