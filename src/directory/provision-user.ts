import type { Emit } from '../events.ts';
import type { PortalUser } from '../portal/portal-user.ts';
import { QlikError } from '../qlik/errors.ts';
import type { QlikUser } from '../qlik/resources/users.ts';
import type { Pace } from '../tenant/management-client.ts';
import { denied, notMapped } from './directory-error.ts';
import { choose, criteria, type Identify, type LookUpDeps, refuseUnusable } from './find-user.ts';
import type { KeepGroups } from './keep-groups.ts';

export interface ProvisionDeps extends LookUpDeps {
  readonly keepGroups: KeepGroups;
  readonly emit: Emit;
  /** For events. */
  readonly tenant: string;
}

/** Finds users; who is not there is created, and groups that the portal names are put in step. */
export function byProvisioning({
  administration,
  isDenied,
  keepGroups,
  emit,
  tenant,
}: ProvisionDeps): Identify {
  const find = async (user: PortalUser, pace: Pace) =>
    choose(await administration.find(criteria(user), pace), user);

  async function create(user: PortalUser, pace: Pace): Promise<QlikUser> {
    if (isDenied(user.id)) throw denied();
    const created = await administration.create(
      { subject: user.id, name: user.name, email: user.email || undefined },
      pace,
    );
    if (created) {
      emit({ type: 'user.created', tenant, userId: created.id, portalUser: user.id });
      return created;
    }
    // Somebody else was faster: another sign-in of the same user at another replica.
    const found = await find(user, pace);
    if (!found) throw notMapped();
    return found;
  }

  /** Without the right groups somebody sees too little, without a token nothing: the sign-in goes on. */
  async function groupsInStep(user: QlikUser, wanted: readonly string[], pace: Pace): Promise<boolean> {
    try {
      return await keepGroups(user, wanted, pace);
    } catch (error) {
      if (!(error instanceof QlikError)) throw error;
      emit({ type: 'user.groups_failed', tenant, userId: user.id, error });
      return false;
    }
  }

  return async (user, wereInStep, pace) => {
    const found = (await find(user, pace)) ?? (await create(user, pace));
    refuseUnusable(found, isDenied);
    if (wereInStep || user.groups === undefined) return { qlikUserId: found.id, groupsInStep: true };
    return { qlikUserId: found.id, groupsInStep: await groupsInStep(found, user.groups, pace) };
  };
}
