import type { PortalUser } from '../portal/portal-user.ts';
import { userTag } from '../portal/user-tag.ts';
import type { UserLookup } from '../qlik/oauth/impersonation.ts';
import type { IsDenied } from '../tenant/deny-list.ts';
import type { Deadline } from '../token/deadline.ts';
import type { TenantIdentity, TokenKey } from '../token/token-key.ts';
import { DirectoryError, denied, notMapped } from './directory-error.ts';

/** Finds the Qlik user of a portal user. Undefined when there is none. */
export type UserMapping = (user: PortalUser) => UserLookup | undefined;

/** Which Qlik user, at which tenant, a portal user is. */
export interface Directory {
  /** At once and without a call; undefined when the tenant has to be asked first. Throws a `DirectoryError`. */
  known(user: PortalUser): TokenKey | undefined;
  /** Asks the tenant if need be. Rejects with a `DirectoryError`, a `TokenError`, or the reason of an aborted wait. */
  find(user: PortalUser, deadline: Deadline): Promise<TokenKey>;
  /** The tenant says at a mint that there is no such user. Whether it is worth while to find the user again. */
  doubt(user: PortalUser): boolean;
  /** The user has just signed in: what the portal says now is newer than what was known. */
  loggedIn(user: PortalUser): void;
  /** The user's last session has ended. What was known, if anything was. */
  forget(user: PortalUser): TokenKey | undefined;
  /** Reads its file now; absent where there is none. */
  readAgain?(): Promise<void>;
  close(): void;
}

export interface DirectoryDeps {
  readonly tenant: TenantIdentity;
  readonly mapping: UserMapping;
  readonly isDenied: IsDenied;
}

/** A directory that needs no call: the mapping knows everybody. */
export function createDirectory({ tenant, mapping, isDenied }: DirectoryDeps): Directory {
  /** What a user was resolved to; good for as long as the mapping says the same. */
  const resolved = new WeakMap<PortalUser, TokenKey>();

  function known(user: PortalUser): TokenKey {
    const lookup = mapping(user);
    const before = resolved.get(user);
    if (before && isSame(before.lookup, lookup)) return before;

    if (!lookup?.value) throw notMapped();
    if (isDenied(lookup.value)) throw denied();
    const key = { tenant, owner: userTag(user), lookup };
    resolved.set(user, key);
    return key;
  }

  return {
    known,
    find: async (user) => known(user),
    doubt: () => false,
    loggedIn() {},

    close() {},

    forget(user) {
      try {
        return known(user);
      } catch (error) {
        if (error instanceof DirectoryError) return undefined;
        throw error;
      }
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
