import type { PortalUser } from '../portal/portal-user.ts';
import { sameEmail } from '../portal/same-email.ts';
import type { QlikUser } from '../qlik/resources/users.ts';
import type { IsDenied } from '../tenant/deny-list.ts';
import type { Pace } from '../tenant/management-client.ts';
import type { UserAdministration } from '../tenant/user-administration.ts';
import { DirectoryError, denied, notMapped, notMappedWithoutEmail } from './directory-error.ts';

/** Who a portal user is at the tenant. */
export interface Identity {
  readonly qlikUserId: string;
  /** The user's groups at the tenant are those that the portal names, or none of our business. */
  readonly groupsInStep: boolean;
}

/**
 * Asks the tenant who a portal user is; `groupsInStep` tells what was known before. Rejects with a `DirectoryError` or a
 * `QlikError`.
 */
export type Identify = (user: PortalUser, groupsInStep: boolean, pace: Pace) => Promise<Identity>;

export interface LookUpDeps {
  readonly administration: UserAdministration;
  readonly isDenied: IsDenied;
}

/** Finds users, and changes nothing. */
export function byLookUp({ administration, isDenied }: LookUpDeps): Identify {
  return async (user, _groupsInStep, pace) => {
    const found = choose(await administration.find(criteria(user), pace), user);
    if (!found) throw user.email ? notMapped() : notMappedWithoutEmail();
    refuseUnusable(found, isDenied);
    return { qlikUserId: found.id, groupsInStep: true };
  };
}

/** By what a user can be found: one look for both. */
export function criteria({ id, email }: PortalUser): { subject: string; email: string | undefined } {
  return { subject: id, email: email || undefined };
}

/**
 * The one whose subject is the portal user's id; if there is none, the one that has the portal user's e-mail. The tenant
 * compares without case, so everything is compared again: subjects exactly, e-mails without the case of ASCII, as the
 * tenant holds them one time only. Whom the tenant has deleted counts only when there is nobody else. Throws a
 * `DirectoryError` (`user_ambiguous`) when it could be more than one.
 */
export function choose(found: readonly QlikUser[], { id, email }: PortalUser): QlikUser | undefined {
  const bySubject = found.filter((user) => user.subject === id);
  const byEmail = email
    ? found.filter((user) => user.email !== undefined && sameEmail(user.email, email))
    : [];
  const matches = bySubject.length > 0 ? bySubject : byEmail;
  const present = matches.filter(({ status }) => status !== 'deleted');
  if (present.length > 1)
    throw new DirectoryError('user_ambiguous', 'Several users in Qlik Cloud could be this user.');
  return present[0] ?? matches[0];
}

/** Throws a `DirectoryError` for a user as whom nobody may act. */
export function refuseUnusable({ id, subject, status }: QlikUser, isDenied: IsDenied): void {
  if (isDenied(id) || isDenied(subject)) throw denied();
  if (status === 'disabled' || status === 'deleted')
    throw new DirectoryError('user_disabled', 'This user is disabled in Qlik Cloud.');
}
