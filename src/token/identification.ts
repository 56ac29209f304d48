import { BoundedMap } from '../lib/bounded-map.ts';
import type { IssuedToken } from '../qlik/oauth/token-response.ts';
import type { QlikIdentity } from '../qlik/resources/users-me.ts';
import type { Ticket } from '../tenant/admission/ticket.ts';
import type { IsDenied } from '../tenant/deny-list.ts';
import { denied, notAskedFor } from '../tenant/token-error.ts';
import type { TenantOf } from './tenant-of.ts';
import { cacheKey, type TokenKey } from './token-key.ts';

/**
 * Sees whose token a fresh one is, before anybody gets it. A mapping that knows of a user only the id, or only the
 * subject, cannot see that the other one is denied: then the tenant is asked, once for each user.
 */
export interface Identification {
  /**
   * Whom the tenant takes the token for. Rejects with a `TokenError`: `user_denied`, `tenant_bad_response` for a token of
   * another user or with more rights than were asked for, or the tenant's trouble.
   */
  identify(key: TokenKey, issued: IssuedToken, ticket: Ticket): Promise<QlikIdentity>;
}

export interface IdentificationDeps {
  readonly tenantOf: TenantOf;
  /** How many users are remembered. */
  readonly maxRemembered: number;
}

export function createIdentification({ tenantOf, maxRemembered }: IdentificationDeps): Identification {
  const remembered = new BoundedMap<string, QlikIdentity>(maxRemembered);

  return {
    async identify(key, issued, ticket) {
      const { tokenClient, isDenied } = tenantOf(key.tenant);
      if (hasMoreRights(issued, key.tenant.scope)) throw notAskedFor('a scope that was not asked for');
      const told = toldBy(key.lookup, issued.subject);
      refuseAnother(key, told);
      const identity =
        isComplete(told) || key.checked
          ? told
          : (remembered.get(cacheKey(key)) ?? (await tokenClient.identify(issued.accessToken, ticket)));
      refuseAnother(key, identity);
      if (identity.isClient || isDeniedAs(identity, isDenied)) throw denied();
      if (identity !== told) remembered.set(cacheKey(key), identity);
      return identity;
    },
  };
}

/** Whether the key's owner may have a token of whom the tenant takes for this one. */
export function isPermitted(identity: QlikIdentity, key: TokenKey, isDenied: IsDenied): boolean {
  return (key.checked || isComplete(identity)) && !isDeniedAs(identity, isDenied);
}

function isDeniedAs({ id, subject }: QlikIdentity, isDenied: IsDenied): boolean {
  return isDenied(id ?? '') || isDenied(subject ?? '');
}

function isComplete({ id, subject }: QlikIdentity): boolean {
  return id !== undefined && subject !== undefined;
}

/** What the request and the token itself say. */
function toldBy({ field, value }: TokenKey['lookup'], id: string | undefined): QlikIdentity {
  return field === 'subject' ? { id, subject: value } : { id: id ?? value, subject: undefined };
}

/** Qlik compares subjects without case. */
function refuseAnother({ lookup: { field, value } }: TokenKey, { id, subject = value }: QlikIdentity): void {
  const isOf = field === 'userId' ? id === value : subject.toLowerCase() === value.toLowerCase();
  if (!isOf) throw notAskedFor('another user than was asked for');
}

function hasMoreRights({ scopes }: IssuedToken, asked: string): boolean {
  const names = asked.split(' ');
  return scopes.some((name) => /^admin/i.test(name) && !names.includes(name));
}
