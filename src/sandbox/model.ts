import type { JWK } from 'jose';

/** What the users API calls `status`; a deleted user is simply gone. */
export type UserStatus = 'active' | 'invited' | 'provisioned' | 'disabled';

/** A person, or the bot that a client acts as (`clientId` is set, the subject is `qlikbot\<clientId>`). */
export interface User {
  id: string;
  subject: string;
  name: string;
  email?: string;
  picture?: string;
  clientId?: string;
  status: UserStatus;
  roles: string[];
  groupIds: string[];
  preferredLocale?: string;
  preferredZoneinfo?: string;
  inviteExpiry?: number;
  createdAt: string;
  lastUpdatedAt: string;
}

/** A group. Names differ by case: `Sales` and `sales` are two groups. */
export interface Group {
  id: string;
  name: string;
  description: string;
  providerType: 'idp' | 'custom';
  roles: string[];
  createdAt: string;
  lastUpdatedAt: string;
}

/** One of a client's at most five secrets. Only its SHA-256 digest is kept. */
export interface ClientSecret {
  hint: string;
  digest: Buffer;
  createdAt: string;
  createdBy: string;
}

/** A public key that a client registered for `private_key_jwt`. */
export interface ClientKey extends JWK {
  kid: string;
  alg: 'RS256' | 'RS512' | 'ES384';
}

/** How a client may prove that it is itself. */
export type AuthMethod = 'client_secret' | 'private_key_jwt';

/** An OAuth client. `trusted` consent is what lets it impersonate without asking the user. */
export interface Client {
  clientId: string;
  clientName: string;
  appType: string;
  description: string;
  clientUri: string;
  logoUri: string;
  /** Kept and shown, never fetched: the sandbox calls nobody. */
  jwksUri: string;
  allowedScopes: string[];
  allowedGrantTypes: string[];
  redirectUris: string[];
  allowedOrigins: string[];
  allowedAuthMethods: AuthMethod[];
  publicKeys: ClientKey[];
  secrets: ClientSecret[];
  consentMethod: 'required' | 'trusted';
  ownerId: string;
  createdAt: string;
  updatedAt?: string;
  publishedAt?: string;
}

/** Gives a user or a group its roles in a space. */
export interface Assignment {
  id: string;
  type: 'user' | 'group';
  assigneeId: string;
  roles: string[];
  createdAt: string;
  createdBy: string;
}

/** A space: who is assigned to it sees it and what is in it. */
export interface Space {
  id: string;
  name: string;
  description: string;
  type: 'shared' | 'managed' | 'data';
  ownerId: string;
  assignments: Assignment[];
  createdAt: string;
}

/** What the hub lists: an app, a link. */
export interface Item {
  id: string;
  name: string;
  resourceType: string;
  resourceId: string;
  spaceId: string;
  createdAt: string;
}
