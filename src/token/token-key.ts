import type { EventQlikUser } from '../events.ts';
import type { UserLookup } from '../qlik/oauth/impersonation.ts';

/** Which tenant, and which client and scope tokens are minted with there. Says who it is, and cannot be called. */
export interface TenantIdentity {
  readonly name: string;
  /** Its origin, such as `https://acme.eu.qlikcloud.com`. */
  readonly url: string;
  readonly clientId: string;
  readonly scope: string;
}

/** Whose token it is. */
export interface TokenOwner {
  readonly tenant: TenantIdentity;
  /** Stands for a portal user: two who are the same Qlik user have a token each, and sign out each for themselves. */
  readonly owner: string;
}

/** All that makes one token another. */
export interface TokenKey extends TokenOwner {
  readonly lookup: UserLookup;
  /** The tenant has told both id and subject of the user, who is not denied. */
  readonly checked?: true;
}

const texts = new WeakMap<TokenKey, string>();

/**
 * A text that two keys share only when they are the same: JSON marks where each part ends. Remembered with the key, which
 * must not be changed.
 */
export function cacheKey(key: TokenKey): string {
  const known = texts.get(key);
  if (known !== undefined) return known;
  const { owner, tenant, lookup } = key;
  const text = JSON.stringify([owner, tenant.url, tenant.clientId, tenant.scope, lookup.field, lookup.value]);
  texts.set(key, text);
  return text;
}

/** How events name the tenant and the Qlik user of a key. */
export function eventFacts({ tenant, lookup }: TokenKey): { tenant: string; qlikUser: EventQlikUser } {
  const { field, value } = lookup;
  return { tenant: tenant.name, qlikUser: field === 'userId' ? { userId: value } : { subject: value } };
}
