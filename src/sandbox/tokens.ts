import { randomUUID } from 'node:crypto';
import {
  compactVerify,
  decodeJwt,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose';
import { merged } from './merge.ts';
import type { Client, User } from './model.ts';

/** What a token is for: the REST APIs, or one of the two things that a browser exchanges it for. */
export type TokenPurpose = 'api' | 'websocket' | 'webresource';

/** What the tenant remembers of a token that it issued. The token itself is not kept. */
export interface TokenRecord {
  id: string;
  clientId: string;
  userId: string;
  purpose: TokenPurpose;
  parentId?: string;
  expiresAtMs: number;
  lastUsedAtMs?: number;
}

/** What a token says when its signature, its times and its record are in order. */
export interface VerifiedToken {
  id: string;
  userId: string;
  clientId: string;
  scopes: string[];
  /** The token that it was made from by an exchange. */
  parentId?: string;
}

/** What to write into a token. `claims` is merged into the claims last; null deletes one. */
export interface TokenGrant {
  user: User;
  client: Client;
  scope: string;
  lifetimeSeconds: number;
  groups: string[];
  purpose?: TokenPurpose;
  parent?: VerifiedToken;
  claims?: Record<string, unknown>;
}

/** The tenant's signing key and its memory of issued tokens. */
export interface Tokens {
  /** The public key set, as `/.well-known/jwks.json` answers it. */
  readonly jwks: { keys: JWK[] };
  issue(grant: TokenGrant): Promise<{ token: string; issuedAtSeconds: number }>;
  /** What the token says, or undefined when it is forged, expired, revoked, or for another purpose. */
  verify(token: string, purpose?: TokenPurpose): Promise<VerifiedToken | undefined>;
  /** The id of the user whom a token was issued for, also when it lives no more; undefined for a forged one. */
  userOf(token: string): Promise<string | undefined>;
  /** Revokes a token and what was exchanged for it. Anything that is no token of ours is ignored (RFC 7009). */
  revoke(token: string): Promise<void>;
  /** The same by id; false when there is no such living token. */
  revokeById(id: string): boolean;
  /** The tokens that are neither expired nor revoked, oldest first. */
  living(): TokenRecord[];
  /** Calls back with the id of each token that is revoked from now on. */
  onRevoked(listener: (id: string) => void): void;
}

const AUDIENCE = 'qlik.api';

/**
 * Tokens as Qlik Cloud issues them: JWTs signed ES384, about 1.2 kB. Whether revoking a token ends the ones that
 * were exchanged for it is undocumented; here it does.
 */
export async function createTokens(deps: {
  issuer: () => string;
  tenantId: string;
  now: () => number;
}): Promise<Tokens> {
  const { publicKey, privateKey } = await generateKeyPair('ES384');
  const kid = randomUUID();
  const jwk = { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'ES384' };
  const records = new Map<string, TokenRecord>();
  const listeners: ((id: string) => void)[] = [];

  /** Forgets what expired, oldest first, so that a long run does not fill the memory. */
  function forgetExpired(): void {
    for (const record of records.values()) {
      if (record.expiresAtMs > deps.now()) return;
      records.delete(record.id);
    }
  }

  function isLiving(record: TokenRecord): boolean {
    return record.expiresAtMs > deps.now() && (record.parentId === undefined || records.has(record.parentId));
  }

  /** The claims of a token that was issued here, whether it still lives or not. */
  async function signed(token: string): Promise<JWTPayload | undefined> {
    try {
      await compactVerify(token, publicKey, { algorithms: ['ES384'] });
    } catch {
      return undefined;
    }
    return decodeJwt(token);
  }

  function forget(id: string): boolean {
    if (!records.delete(id)) return false;
    for (const listener of listeners) listener(id);
    return true;
  }

  return {
    jwks: { keys: [jwk] },

    async issue(grant) {
      forgetExpired();
      const issuedAtSeconds = Math.floor(deps.now() / 1000);
      const claims = merged(
        claimsOf(grant, deps.issuer(), deps.tenantId, issuedAtSeconds),
        grant.claims ?? {},
      );
      const id = String(claims.jti);
      records.set(id, {
        id,
        clientId: grant.client.clientId,
        userId: grant.user.id,
        purpose: grant.purpose ?? 'api',
        ...(grant.parent ? { parentId: grant.parent.id } : {}),
        expiresAtMs: (issuedAtSeconds + grant.lifetimeSeconds) * 1000,
      });
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES384', typ: 'JWT', kid })
        .sign(privateKey);
      return { token, issuedAtSeconds };
    },

    async verify(token, purpose = 'api') {
      let payload: Awaited<ReturnType<typeof jwtVerify>>['payload'];
      try {
        ({ payload } = await jwtVerify(token, publicKey, {
          algorithms: ['ES384'],
          issuer: deps.issuer(),
          audience: AUDIENCE,
          currentDate: new Date(deps.now()),
        }));
      } catch {
        return undefined;
      }
      const record = records.get(payload.jti ?? '');
      if (!record || !isLiving(record) || record.purpose !== purpose) return undefined;
      record.lastUsedAtMs = deps.now();
      return {
        id: record.id,
        userId: String(payload.sub),
        clientId: record.clientId,
        scopes: String(payload.scope ?? '').split(' '),
        ...(record.parentId === undefined ? {} : { parentId: record.parentId }),
      };
    },

    async revoke(token) {
      const claims = await signed(token);
      if (claims) forget(String(claims.jti));
    },

    async userOf(token) {
      return (await signed(token))?.sub;
    },

    revokeById(id) {
      const record = records.get(id);
      return record !== undefined && isLiving(record) && forget(id);
    },

    living() {
      return [...records.values()].filter(isLiving);
    },

    onRevoked(listener) {
      listeners.push(listener);
    },
  };
}

function claimsOf(grant: TokenGrant, issuer: string, tenantId: string, iat: number): Record<string, unknown> {
  const { user, client, scope, groups, purpose, parent } = grant;
  return {
    iss: issuer,
    aud: AUDIENCE,
    sub: user.id,
    subType: 'user',
    tenantId,
    userId: user.id,
    azp: client.clientId,
    scope,
    jti: randomUUID(),
    iat,
    nbf: iat,
    exp: iat + grant.lifetimeSeconds,
    ...(purpose ? { purpose } : {}),
    ...(parent ? { parent: parent.id } : {}),
    name: user.name,
    email: user.email,
    groups,
    roles: user.roles,
    realm: issuer,
    entitlement: { type: 'professional', assignedBy: 'tenant-policy', capacity: 'full' },
    origin: { grant: client.allowedGrantTypes, client: client.clientName, traceId: randomUUID() },
  };
}
