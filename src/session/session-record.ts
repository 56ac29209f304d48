import { LRUCache } from 'lru-cache';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { PortalUser } from '../portal/portal-user.ts';

const VERSION = 1;

const SessionRecord = Type.Object({
  v: Type.Literal(VERSION),
  user: Type.Object({
    id: Type.String({ minLength: 1 }),
    name: Type.Optional(Type.String()),
    email: Type.Optional(Type.String()),
    groups: Type.Optional(Type.Array(Type.String())),
    tenant: Type.Optional(Type.String()),
    claims: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    providerSession: Type.Optional(
      Type.Object({
        subject: Type.String(),
        sid: Type.Optional(Type.String()),
        idToken: Type.Optional(Type.String()),
      }),
    ),
  }),
});

const sessionRecord = Compile(SessionRecord);

/** The text that the store keeps of a session. Cookie attributes are no part of it: the configuration says them. */
export function encodeSession(user: PortalUser): string {
  return JSON.stringify({ v: VERSION, user });
}

/** The user of a stored session; undefined for garbage and for records of another version. Never throws. */
export function decodeSession(value: string): PortalUser | undefined {
  try {
    const record: unknown = JSON.parse(value);
    return sessionRecord.Check(record) ? (record.user as PortalUser) : undefined;
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
  const read = new LRUCache<string, PortalUser>({ max });
  return (value) => {
    const known = read.get(value);
    if (known) return known;
    const user = decodeSession(value);
    if (user) read.set(value, Object.freeze(user));
    return user;
  };
}
