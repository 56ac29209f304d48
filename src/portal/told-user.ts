import type { RequiredClaim } from '../config/portal-config.ts';
import type { PortalUser } from './portal-user.ts';

/**
 * Why something that the portal tells is not understood: the portal says that there is more than it sends (`overage`);
 * too long or too many (`too_large`); of another type than it should be (`wrong_type`); it could mean several things
 * (`ambiguous`); a header that is there twice, or beside a look-alike (`twice`); `control_characters`.
 */
export type NotUnderstood =
  | 'overage'
  | 'too_large'
  | 'wrong_type'
  | 'ambiguous'
  | 'twice'
  | 'control_characters';

/** One thing that the portal tells: what it is, or why that is not understood. Undefined: it is not told. */
export type Told<T> = { readonly value: T } | { readonly why: NotUnderstood } | undefined;

/** What the portal tells of a user who is proven, before anybody has asked whether that user may sign in. */
export interface ToldUser {
  readonly id: string;
  readonly tenant: string | undefined;
  readonly name: Told<string>;
  readonly email: Told<string>;
  readonly groups: Told<readonly string[]>;
  /** The other claims that the session keeps. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Whether a claim has this value, or is a list with it. What is not verified, or not understood, has none. */
  readonly holds: (claim: string, value: string) => boolean;
  /** Names of all that was told, for the log. */
  readonly told: readonly string[];
  /** The name of what is missing for the e-mail to count; undefined when it does, or never could. */
  readonly missingForEmail: string | undefined;
}

/** Of an id, in characters. */
export const MAX_ID = 256;
/** Of a name, also that of a group. */
export const MAX_NAME = 256;
const MAX_LOGGED = 50;
const MAX_LOGGED_LENGTH = 64;

/** The user, without what is not understood: it is as if the portal had not told it. */
export function portalUser({ id, tenant, name, email, groups, claims }: ToldUser): PortalUser {
  const [shown, address, all] = [understood(name), understood(email), understood(groups)];
  return {
    id,
    ...(shown !== undefined && { name: shown }),
    ...(address !== undefined && { email: address }),
    ...(all !== undefined && { groups: all }),
    ...(tenant !== undefined && { tenant }),
    ...(Object.keys(claims).length > 0 && { claims }),
  };
}

/** The same, fit to be remembered: `holds` knows only what is required, and keeps no claims. */
export function toldInShort(told: ToldUser, required: readonly RequiredClaim[]): ToldUser {
  return { ...told, holds: holdsOnly(heldOf(told, required)) };
}

function heldOf({ holds }: ToldUser, required: readonly RequiredClaim[]): readonly RequiredClaim[] {
  return required.map(({ claim, values }) => ({
    claim,
    values: values.filter((value) => holds(claim, value)),
  }));
}

/** By itself: a function made beside another keeps what that one uses, the claims here. */
function holdsOnly(held: readonly RequiredClaim[]): ToldUser['holds'] {
  return (claim, value) => held.some((one) => one.claim === claim && one.values.includes(value));
}

/** What was understood. */
export function understood<T>(told: Told<T>): T | undefined {
  return told && 'value' in told ? told.value : undefined;
}

/** Reads a text of one line; null and an empty one are none. */
export function readText(value: unknown, maxLength: number): Told<string> {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') return { why: 'wrong_type' };
  if (value.length > maxLength) return { why: 'too_large' };
  return isText(value, maxLength) ? { value } : { why: 'control_characters' };
}

/**
 * A text of one line that is not empty, and is well-formed Unicode: half a surrogate pair becomes U+FFFD wherever UTF-8 is
 * written, so that two ids could become one.
 */
export function isText(value: unknown, maxLength: number): value is string {
  return (
    typeof value === 'string' && value !== '' && value.length <= maxLength && !/[\p{Cc}\p{Cs}]/u.test(value)
  );
}

/** Names as a log may show them: plain ASCII, and neither too long nor too many. */
export function namesForLog(names: readonly string[]): string[] {
  return names
    .slice(0, MAX_LOGGED)
    .map((name) => name.slice(0, MAX_LOGGED_LENGTH).replace(/[^\x20-\x7e]/g, '?'));
}
