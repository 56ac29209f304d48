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
