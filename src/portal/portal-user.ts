/** Who the portal says is signed in. Small: it is part of the session's record. */
export interface PortalUser {
  /** Identifies the user in the portal, for ever; never empty. Compared exactly. */
  readonly id: string;
  readonly name?: string;
  readonly email?: string;
  readonly groups?: readonly string[];
  /** Names one of several tenants. */
  readonly tenant?: string;
  /** The other claims that the configuration asks for. */
  readonly claims?: Readonly<Record<string, unknown>>;
}
