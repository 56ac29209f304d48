import { hash } from 'node:crypto';
import type { PortalUser } from './portal-user.ts';

/** In characters. */
export const USER_TAG_LENGTH = 16;

/**
 * Stands for a portal user where names are not to be read, in characters of base64url: 96 bits of a digest. JSON keeps
 * ("t", "a:b") and ("t:a", "b") apart.
 */
export function userTag({ tenant, id }: Pick<PortalUser, 'tenant' | 'id'>): string {
  return hash('sha256', JSON.stringify([tenant ?? null, id]), 'base64url').slice(0, USER_TAG_LENGTH);
}
