import * as v from 'valibot';
import { BoundedMap } from '../lib/bounded-map.ts';
import type { PortalUser } from '../portal/portal-user.ts';

const VERSION = 1;

const portalUser: v.GenericSchema<unknown, PortalUser> = v.object({
  id: v.pipe(v.string(), v.nonEmpty()),
  name: v.exactOptional(v.string()),
  email: v.exactOptional(v.string()),
  groups: v.exactOptional(v.array(v.string())),
  tenant: v.exactOptional(v.string()),
  // Whatever their names are: Valibot's records leave out some.
  claims: v.exactOptional(v.custom<Readonly<Record<string, unknown>>>(isObject, 'expected an object')),
  providerSession: v.exactOptional(
    v.object({ subject: v.string(), sid: v.exactOptional(v.string()), idToken: v.exactOptional(v.string()) }),
  ),
});
const sessionRecord = v.object({ v: v.literal(VERSION), user: portalUser });

/** The text that the store keeps of a session. Cookie attributes are no part of it: the configuration says them. */
export function encodeSession(user: PortalUser): string {
  return JSON.stringify({ v: VERSION, user });
}

/** The user of a stored session; undefined for garbage and for records of another version. Never throws. */
export function decodeSession(value: string): PortalUser | undefined {
  try {
    const { success, output } = v.safeParse(sessionRecord, JSON.parse(value), { abortEarly: true });
    return success ? output.user : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** How many users are remembered with the text that they were read from. */
const MAX_REMEMBERED = 10_000;

/**
 * Reads like `decodeSession`. A text that was read before gives the same object again, which is frozen: a user who comes
 * again costs no parsing, and what follows from the user can be remembered by that object.
 */
export function createRecordReader(max = MAX_REMEMBERED): (value: string) => PortalUser | undefined {
  const read = new BoundedMap<string, PortalUser>(max);
  return (value) => {
    const known = read.get(value);
    if (known) return known;
    const user = decodeSession(value);
    if (user) read.set(value, Object.freeze(user));
    return user;
  };
}
