import type { Emit } from '../events.ts';
import { BoundedMap } from '../lib/bounded-map.ts';
import type { GroupReference, QlikUser } from '../qlik/resources/users.ts';
import type { Pace } from '../tenant/management-client.ts';
import type { UserAdministration } from '../tenant/user-administration.ts';

/**
 * Makes a user's custom groups those with these names; groups of an identity provider stay as they are. Resolves to
 * whether that worked; false when the tenant refused some of it. Rejects with a `QlikError`.
 */
export type KeepGroups = (user: QlikUser, wanted: readonly string[], pace: Pace) => Promise<boolean>;

export interface KeepGroupsDeps {
  readonly administration: UserAdministration;
  readonly now: () => number;
  readonly emit: Emit;
  /** For events. */
  readonly tenant: string;
}

const MAX_KNOWN_GROUPS = 10_000;
/** How long a group that was seen is taken to exist. */
const KNOWN_FOR_MS = 15 * 60_000;

export function createKeepGroups({ administration, now, emit, tenant }: KeepGroupsDeps): KeepGroups {
  /** Names of groups that exist, in the case in which they do, and whether they are custom. */
  const known = new BoundedMap<string, { custom: boolean; until: number }>(MAX_KNOWN_GROUPS);

  function learn(name: string, custom: boolean): void {
    known.set(name, { custom, until: now() + KNOWN_FOR_MS });
  }

  function isKnown(name: string): boolean {
    return now() < (known.get(name)?.until ?? 0);
  }

  /** Sees to it that there are groups with these names; creates those that are missing. */
  async function ensure(names: readonly string[], pace: Pace): Promise<void> {
    const unknown = names.filter((name) => !isKnown(name));
    if (unknown.length === 0) return;
    for (const { name, providerType } of await administration.findGroups(unknown, pace))
      learn(name, providerType === 'custom');
    const missing = unknown.filter((name) => !isKnown(name));
    await Promise.all(missing.map((name) => administration.createGroup(name, pace)));
    for (const name of missing) learn(name, true);
  }

  return async (user, wanted, pace) => {
    const names = [...new Set(wanted.filter((name) => name !== ''))];
    const custom = new Set(user.groups.filter(isCustom).map(({ name }) => name));
    const added = names.filter((name) => !custom.has(name));
    await ensure(added, pace);
    const taken = added.filter((name) => known.get(name)?.custom === false);
    if (taken.length > 0) emit({ type: 'user.groups_taken', tenant, userId: user.id, names: taken });

    const usable = names.filter((name) => !taken.includes(name));
    if (usable.length === custom.size && usable.every((name) => custom.has(name))) return true;
    const groups = [
      ...user.groups.filter((group) => !isCustom(group)),
      ...usable.map((name) => ({ name, providerType: 'custom' })),
    ];
    const done = await administration.assignGroups(user.id, groups, pace);
    if (done) emit({ type: 'user.groups_replaced', tenant, userId: user.id, groups: usable.length });
    else {
      // One of them may have been deleted since it was seen.
      for (const name of usable) known.delete(name);
      emit({ type: 'user.groups_refused', tenant, userId: user.id });
    }
    return done;
  };
}

function isCustom({ providerType }: GroupReference): boolean {
  return providerType === 'custom';
}
