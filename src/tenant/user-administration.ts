import type { QlikRequest, QlikResponse } from '../qlik/http.ts';
import { unusable } from '../qlik/json-response.ts';
import type { ListPage } from '../qlik/list-page.ts';
import {
  createGroupRequest,
  findGroupsRequest,
  readCreatedGroup,
  readGroupsPage,
} from '../qlik/resources/groups.ts';
import {
  assignGroupsRequest,
  createUserRequest,
  findUsersRequest,
  type GroupReference,
  type NewQlikUser,
  type QlikUser,
  readCreatedUser,
  readPatched,
  readUsersPage,
} from '../qlik/resources/users.ts';
import type { ManagementClient, Pace } from './management-client.ts';

/** A tenant's users and groups. Each call rejects with a `QlikError`. */
export interface UserAdministration {
  /** All users with that subject or e-mail; the tenant compares without case, so look again. */
  find(by: { subject: string; email?: string | undefined }, pace: Pace): Promise<QlikUser[]>;
  /** The user that was created; undefined when there is one already. */
  create(user: NewQlikUser, pace: Pace): Promise<QlikUser | undefined>;
  /** Gives a user exactly these groups; false when the tenant refused some of that. */
  assignGroups(userId: string, groups: readonly GroupReference[], pace: Pace): Promise<boolean>;
  /** All groups with one of these names; the tenant compares without case, so look again. */
  findGroups(names: readonly string[], pace: Pace): Promise<GroupReference[]>;
  /** Creates a custom group, unless it is there already. */
  createGroup(name: string, pace: Pace): Promise<void>;
}

/** A list that is longer is not what was asked for. */
const MAX_PAGES = 20;
/** So that a filter stays short. */
const NAMES_AT_ONCE = 20;

/** Of these calls, those that create and change users are of Qlik Cloud's tier 2. */
export function createUserAdministration(api: ManagementClient): UserAdministration {
  async function all<T>(
    requestPage: (cursor?: string) => QlikRequest,
    read: (response: QlikResponse, tenantNow: number) => ListPage<T>,
    pace: Pace,
  ): Promise<T[]> {
    const entries: T[] = [];
    let cursor: string | undefined;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const page = await api.send({ request: requestPage(cursor), budgeted: false, read }, pace);
      entries.push(...page.data);
      if (page.next === undefined) return entries;
      cursor = page.next;
    }
    throw unusable('never ends');
  }

  return {
    find: (by, pace) => all((cursor) => findUsersRequest(by, cursor), readUsersPage, pace),

    create: (user, pace) =>
      api.send({ request: createUserRequest(user), budgeted: true, read: readCreatedUser }, pace),

    assignGroups: (userId, groups, pace) =>
      api.send({ request: assignGroupsRequest(userId, groups), budgeted: true, read: readPatched }, pace),

    async findGroups(names, pace) {
      const found: GroupReference[] = [];
      for (let start = 0; start < names.length; start += NAMES_AT_ONCE) {
        const some = names.slice(start, start + NAMES_AT_ONCE);
        found.push(...(await all((cursor) => findGroupsRequest(some, cursor), readGroupsPage, pace)));
      }
      return found;
    },

    createGroup: (name, pace) =>
      api.send({ request: createGroupRequest(name), budgeted: false, read: readCreatedGroup }, pace),
  };
}
