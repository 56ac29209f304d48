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

/** A key that two subjects share only when they are the same: JSON marks where each part ends. */
export function cacheKey({ tenant, lookup }: TokenSubject): string {
  return JSON.stringify([tenant.url, tenant.clientId, tenant.scope, lookup.field, lookup.value]);
}
