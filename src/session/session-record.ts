import { BoundedMap } from '../lib/bounded-map.ts';
import type { PortalUser } from '../portal/portal-user.ts';
import { list, oneOf, optional, record, type Shape, text } from '../shape.ts';

const VERSION = 1;

const portalUser: Record<keyof PortalUser, Shape> = {
  id: text(1),
  name: optional(text()),
  email: optional(text()),
  groups: optional(list(text())),
  tenant: optional(text()),
  claims: optional(record({})),
  providerSession: optional(record({ subject: text(), sid: optional(text()), idToken: optional(text()) })),
};
const sessionRecord = record({ v: oneOf(VERSION), user: record(portalUser) });

/** The text that the store keeps of a session. Cookie attributes are no part of it: the configuration says them. */
export function encodeSession(user: PortalUser): string {
  return JSON.stringify({ v: VERSION, user });
}

/** The user of a stored session; undefined for garbage and for records of another version. Never throws. */
export function decodeSession(value: string): PortalUser | undefined {
  try {
    const stored = JSON.parse(value);
    return sessionRecord(stored) ? undefined : stored.user;
  } catch {
    return undefined;
  }
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
