import { QlikError } from './errors.ts';
import type { User } from './model.ts';
import { roleName } from './roles.ts';
import type { State } from './state.ts';

/** One operation of `PATCH /users/{id}`. */
export interface UserOperation {
  op: 'replace' | 'add' | 'renew' | 'remove-value';
  path: string;
  value?: unknown;
}

const PATHS = [
  '/name',
  '/assignedRoles',
  '/assignedGroups',
  '/status',
  '/preferredLocale',
  '/preferredZoneinfo',
  '/inviteExpiry',
];

/** What `PATCH /users/{id}` takes: a list of operations over the paths that Qlik lists. */
export const userPatchSchema = {
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    required: ['op', 'path'],
    properties: {
      op: { enum: ['replace', 'add', 'renew', 'remove-value'] },
      path: { enum: PATHS },
    },
  },
};

/**
 * Applies the operations in order and answers an error for each one that was refused. The others stay applied:
 * that is what Qlik's 207 means. A reference to a group or role that does not exist refuses its operation whole.
 */
export function applyUserPatch(state: State, user: User, operations: readonly UserOperation[]): QlikError[] {
  const errors: QlikError[] = [];
  operations.forEach((operation, index) => {
    if (!apply(state, user, operation)) {
      errors.push(new QlikError(400, 'USERS-3', 'Invalid patch operation', `/${index}${operation.path}`));
    }
  });
  return errors;
}

function apply(state: State, user: User, { op, path, value }: UserOperation): boolean {
  if (path === '/assignedGroups') {
    const changed = changedList(user.groupIds, op, idsOfGroups(state, value));
    if (changed) user.groupIds = changed;
    return changed !== undefined;
  }
  if (path === '/assignedRoles') {
    const changed = changedList(user.roles, op, referenced(value, roleName));
    if (changed) user.roles = changed;
    return changed !== undefined;
  }
  if (path === '/inviteExpiry') {
    if (op !== 'renew' || user.status !== 'invited') return false;
    user.inviteExpiry = typeof value === 'number' ? value : 0;
    return true;
  }
  if (op !== 'replace' || typeof value !== 'string') return false;
  if (path === '/status') {
    if (value !== 'active' && value !== 'disabled') return false;
    user.status = value;
  } else if (path === '/name') {
    if (value === '') return false;
    user.name = value;
  } else if (path === '/preferredLocale') user.preferredLocale = value;
  else user.preferredZoneinfo = value;
  return true;
}

function changedList(current: string[], op: string, named: string[] | undefined): string[] | undefined {
  if (!named) return undefined;
  if (op === 'replace') return named;
  if (op === 'add') return [...new Set([...current, ...named])];
  return op === 'remove-value' ? current.filter((entry) => !named.includes(entry)) : undefined;
}

/** Groups are referred to by name, case included, and by the kind of provider that they come from. */
function idsOfGroups(state: State, value: unknown): string[] | undefined {
  return referenced(value, (reference) => {
    const { name, providerType } = (reference ?? {}) as { name?: unknown; providerType?: unknown };
    return [...state.groups.values()].find(
      (group) => group.name === name && group.providerType === providerType,
    )?.id;
  });
}

/** What the references stand for; undefined as soon as one of them stands for nothing. */
function referenced(
  value: unknown,
  resolve: (reference: unknown) => string | undefined,
): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const found = value.map(resolve);
  return found.every((entry) => entry !== undefined) ? found : undefined;
}
