import type { JWTPayload } from 'jose';
import { decodeJwt } from 'jose/jwt/decode';
import { readObject, unusable } from '../json-response.ts';
import { isBearerToken, isScope } from './oauth-texts.ts';
import { safeLifetimeMs } from './token-lifetime.ts';

/** A token as the tenant issued it. */
export interface IssuedToken {
  /** Of the characters of a bearer token only (RFC 6750 §2.1). */
  readonly accessToken: string;
  readonly scope: string;
  /** The names in it, and in the token itself. */
  readonly scopes: readonly string[];
  /** From the moment of the request on; already made safe. */
  readonly lifetimeMs: number;
  /** The token's `sub`, when it can be read. */
  readonly subject: string | undefined;
}

/**
 * The token in the body of a 2xx answer. `tenantNow` is the tenant's time, in milliseconds since the epoch. Answers
 * that are not what Qlik documents are `bad_response`.
 */
export function readTokenAnswer(body: string, askedScope: string, tenantNow: number): IssuedToken {
  const { access_token, token_type, scope, expires_in, expires_at } = readObject(body);
  if (!isBearerToken(access_token)) throw unusable('holds no access token');
  if (typeof token_type !== 'string' || token_type.toLowerCase() !== 'bearer')
    throw unusable('is no bearer token');
  if (typeof scope === 'string' && !isScope(scope)) throw unusable('holds no scope that could be one');
  const claims = readClaims(access_token);
  const granted = typeof scope === 'string' ? scope : askedScope;
  return {
    accessToken: access_token,
    scope: granted,
    scopes: [granted, claims.scope, claims.scp].flat().flatMap(namesIn),
    lifetimeMs: safeLifetimeMs({ expires_in, expires_at }, claims, tenantNow),
    subject: typeof claims.sub === 'string' ? claims.sub : undefined,
  };
}

function namesIn(scope: unknown): string[] {
  return typeof scope === 'string' ? scope.split(' ') : [];
}

/** The claims, unverified: the token came from the tenant itself, over TLS. An opaque token has none. */
function readClaims(accessToken: string): JWTPayload {
  try {
    return decodeJwt(accessToken);
  } catch {
    return {};
  }
}
