import { hash, randomBytes } from 'node:crypto';
import type { PortalUser } from '../portal/portal-user.ts';
import { USER_TAG_LENGTH, userTag } from '../portal/user-tag.ts';

const SECRET_BYTES = 24;

/** An id for a session of the user: the user's tag, then 192 bits of chance. */
export function newSessionId(user: PortalUser): string {
  return userTag(user) + randomBytes(SECRET_BYTES).toString('base64url');
}

export function isSessionIdOf(id: string, user: PortalUser): boolean {
  return id.startsWith(userTag(user));
}

/** Where the store keeps the session. The id is hashed: who sees the store's keys can sign in as nobody. */
export function sessionKey(id: string): string {
  return `{${id.slice(0, USER_TAG_LENGTH)}}:session:${hash('sha256', id, 'base64url')}`;
}

/** The partition of all sessions of the user; its generation is that of all that is kept for the user. */
export function sessionsOf(user: PortalUser): string {
  return sessionsOfTag(userTag(user));
}

/** The same, of the user whose tag it is. */
export function sessionsOfTag(tag: string): string {
  return `{${tag}}:sessions`;
}
