import type { PortalUser } from '../portal/portal-user.ts';
import type { Tenant, TokenSubject, UserLookup } from '../token/token-subject.ts';
import type { IsDenied } from './deny-list.ts';

/** Finds the Qlik user of a portal user. Undefined when there is none. */
export type UserMapping = (user: PortalUser) => UserLookup | undefined;

/** Which Qlik user, at which tenant, a portal user is. */
export interface Directory {
  /** Throws a `DirectoryError`. */
  resolve(user: PortalUser): TokenSubject;
}

/** No token is to be had for this portal user. The message is safe to show. */
export class DirectoryError extends Error {
  readonly code: 'user_not_mapped' | 'user_denied';

  constructor(code: DirectoryError['code'], message: string) {
    super(message);
    this.name = 'DirectoryError';
    this.code = code;
  }
}

export interface DirectoryDeps {
  readonly tenant: Tenant;
  readonly mapping: UserMapping;
  readonly isDenied: IsDenied;
}

export function createDirectory({ tenant, mapping, isDenied }: DirectoryDeps): Directory {
  /** What a user was resolved to; good for as long as the mapping says the same. */
  const resolved = new WeakMap<PortalUser, TokenSubject>();

  return {
    resolve(user) {
      const lookup = mapping(user);
      const known = resolved.get(user);
      if (known && isSame(known.lookup, lookup)) return known;

      if (!lookup?.value) throw new DirectoryError('user_not_mapped', 'This user has no user in Qlik Cloud.');
      if (isDenied(lookup.value))
        throw new DirectoryError('user_denied', 'This user may not be impersonated.');
      const subject = { tenant, lookup };
      resolved.set(user, subject);
      return subject;
    },
  };
}

function isSame(known: UserLookup, lookup: UserLookup | undefined): boolean {
  return known.value === lookup?.value && known.field === lookup.field;
}

/** The portal user's id is the Qlik subject. */
export const bySubject: UserMapping = ({ id }) => ({ field: 'subject', value: id });

/** A claim of the portal user holds the Qlik user id. Only a text counts. */
export function byClaim(claim: string): UserMapping {
  return ({ claims }) => {
    const value = claims?.[claim];
    return typeof value === 'string' ? { field: 'userId', value } : undefined;
  };
}
