import { hash, randomBytes } from 'node:crypto';
import type { PortalUser } from '../portal/portal-user.ts';

const TAG_LENGTH = 16;
const ID_BYTES = 36;
const SECRET_BYTES = 24;

/**
 * What the keys of one portal user have in common: 96 bits of a digest. JSON keeps ("t", "a:b") and ("t:a", "b") apart.
 */
export function userTag({ tenant, id }: PortalUser): string {
  return hash('sha256', JSON.stringify([tenant ?? null, id]), 'base64url').slice(0, TAG_LENGTH);
}

/** An id for a session of the user: the user's tag, then 192 bits of chance. Without a user, one for nobody. */
export function newSessionId(user: PortalUser | undefined): string {
  return user
    ? userTag(user) + randomBytes(SECRET_BYTES).toString('base64url')
    : randomBytes(ID_BYTES).toString('base64url');
}

export function isSessionIdOf(id: string, user: PortalUser): boolean {
  return id.startsWith(userTag(user));
}

/** Where the store keeps the session. The id is hashed: who sees the store's keys can sign in as nobody. */
export function sessionKey(id: string): string {
  return `{${id.slice(0, TAG_LENGTH)}}:session:${hash('sha256', id, 'base64url')}`;
}

/** The group of all sessions of the user. */
export function sessionsOf(user: PortalUser): string {
  return `{${userTag(user)}}:sessions`;
}
