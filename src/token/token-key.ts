import type { UserLookup } from '../qlik/oauth/impersonation.ts';

/** A tenant, and the client and scope with which tokens are minted there. */
export interface Tenant {
  /** Its origin, such as `https://acme.eu.qlikcloud.com`. */
  readonly url: string;
  readonly clientId: string;
  readonly scope: string;
}

/** Whose token it is. */
export interface TokenOwner {
  readonly tenant: Tenant;
  /** Stands for a portal user: two who are the same Qlik user have a token each, and sign out each for themselves. */
  readonly owner: string;
}

/** For whom a token is: all that makes one token another token. */
export interface TokenKey extends TokenOwner {
  readonly lookup: UserLookup;
}

const keys = new WeakMap<TokenKey, string>();

/**
 * A key that two subjects share only when they are the same: JSON marks where each part ends. Remembered with the
 * subject, which must not be changed.
 */
export function cacheKey(subject: TokenKey): string {
  const known = keys.get(subject);
  if (known !== undefined) return known;
  const { owner, tenant, lookup } = subject;
  const key = JSON.stringify([owner, tenant.url, tenant.clientId, tenant.scope, lookup.field, lookup.value]);
  keys.set(subject, key);
  return key;
}
