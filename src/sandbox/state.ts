import { newObjectId } from './ids.ts';
import type { Client, Group, Item, Space, User, UserStatus } from './model.ts';
import seed from './seed.json' with { type: 'json' };

/** Everything the tenant knows, in memory. Maps, so that no id is ever a property name. */
export interface State {
  tenant: typeof seed.tenant;
  users: Map<string, User>;
  groups: Map<string, Group>;
  clients: Map<string, Client>;
  spaces: Map<string, Space>;
  items: Map<string, Item>;
}

/** The tenant as the seed file describes it, without its clients: their secrets are made at each start. */
export function createState(): State {
  const createdAt = seed.tenant.createdAt;
  const groupIds = new Map(seed.groups.map((group) => [group.name, group.id]));
  const spaceIds = new Map(seed.spaces.map((space) => [space.name, space.id]));
  const known = (ids: Map<string, string>, name: string): string => {
    const id = ids.get(name);
    if (id === undefined) throw new Error(`seed.json refers to "${name}", which it does not define`);
    return id;
  };
  const owner = seed.tenant.id;
  return {
    tenant: seed.tenant,
    clients: new Map(),
    groups: byId(
      seed.groups.map((group) => ({
        ...group,
        description: '',
        providerType: 'custom',
        roles: [],
        createdAt,
        lastUpdatedAt: createdAt,
      })),
    ),
    users: byId(
      seed.users.map(({ groups, ...user }) => ({
        ...user,
        status: user.status as UserStatus,
        roles: [],
        groupIds: groups.map((name) => known(groupIds, name)),
        createdAt,
        lastUpdatedAt: createdAt,
      })),
    ),
    spaces: byId(
      seed.spaces.map((space) => ({
        ...space,
        type: space.type as Space['type'],
        ownerId: owner,
        createdAt,
        assignments: space.assignments.map(({ group, roles }) => ({
          id: newObjectId(),
          type: 'group',
          assigneeId: known(groupIds, group),
          roles: [...roles],
          createdAt,
          createdBy: owner,
        })),
      })),
    ),
    items: byId(
      seed.items.map(({ space, ...item }) => ({ ...item, spaceId: known(spaceIds, space), createdAt })),
    ),
  };
}

function byId<T extends { id: string }>(list: T[]): Map<string, T> {
  return new Map(list.map((entry) => [entry.id, entry]));
}
