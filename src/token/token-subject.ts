/** How the tenant finds the user: the `user_lookup` of an impersonation request. */
export interface UserLookup {
  readonly field: 'userId' | 'subject';
  readonly value: string;
}

/** A tenant, and the client and scope with which tokens are minted there. */
export interface Tenant {
  /** Its origin, such as `https://acme.eu.qlikcloud.com`. */
  readonly url: string;
  readonly clientId: string;
  readonly scope: string;
}

/** For whom a token is: all that makes one token another token. */
export interface TokenSubject {
  readonly tenant: Tenant;
  readonly lookup: UserLookup;
}

const keys = new WeakMap<TokenSubject, string>();

/**
 * A key that two subjects share only when they are the same: JSON marks where each part ends. Remembered with the
 * subject, which must not be changed.
 */
export function cacheKey(subject: TokenSubject): string {
  const known = keys.get(subject);
  if (known !== undefined) return known;
  const { tenant, lookup } = subject;
  const key = JSON.stringify([tenant.url, tenant.clientId, tenant.scope, lookup.field, lookup.value]);
  keys.set(subject, key);
  return key;
}
