import { randomBytes } from 'node:crypto';

/** An id as users, groups, spaces and items have: 24 hex digits. */
export function newObjectId(): string {
  return randomBytes(12).toString('hex');
}

/** An id as OAuth clients have: 32 hex digits. */
export function newClientId(): string {
  return randomBytes(16).toString('hex');
}
