import type { EventUser } from '../events.ts';

/** Who the portal says is signed in. Small: it is part of the session's record. */
export interface PortalUser {
  /** Identifies the user in the portal, for ever; never empty. Compared exactly. */
  readonly id: string;
  readonly name?: string;
  readonly email?: string;
  /** All of them; none is an empty list. Absent when the portal did not tell them, or not all. */
  readonly groups?: readonly string[];
  /** Names one of several tenants. */
  readonly tenant?: string;
  /** The other claims that the configuration asks for. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Present when an identity provider signed the user in. */
  readonly providerSession?: ProviderSession;
}

/** What an identity provider calls a sign-in: needed to sign out there, and when it signs the user out here. */
export interface ProviderSession {
  /** The provider's `sub`. */
  readonly subject: string;
  /** The provider's `sid`, if it tells one. */
  readonly sid?: string;
  /** The ID token, by which the provider recognises at the sign-out what it is asked for; absent when it is large. */
  readonly idToken?: string;
}

/** Whether both are one user of the portal. */
export function isSameUser(a: PortalUser, b: PortalUser): boolean {
  return a.id === b.id && a.tenant === b.tenant;
}

/** How events name a user. */
export function eventUser({ id, tenant }: PortalUser): EventUser {
  return { id, ...(tenant !== undefined && { tenant }) };
}
