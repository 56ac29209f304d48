import { type Caller, isAdmin } from './caller.ts';
import type { Space } from './model.ts';

/** The roles that a caller has in a space: through assignments of the user or of one of the user's groups. */
export function rolesIn(space: Space, { user }: Caller): string[] {
  const assigned = space.assignments.filter(({ type, assigneeId }) =>
    type === 'user' ? assigneeId === user.id : user.groupIds.includes(assigneeId),
  );
  return [...new Set(assigned.flatMap((assignment) => assignment.roles))];
}

/** Whether a caller sees a space: the owner, whoever has a role in it, and administrators do. */
export function sees(caller: Caller, space: Space): boolean {
  return space.ownerId === caller.user.id || rolesIn(space, caller).length > 0 || isAdmin(caller);
}
