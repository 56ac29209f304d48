import { decodeJwt, type JWTPayload } from 'jose';
import { type IssuedToken, TenantFault } from '../token/token-issuer.ts';
import type { UserLookup } from '../token/token-subject.ts';
import type { ClientCredentials } from './client-authentication.ts';
import { readFault } from './qlik-fault.ts';
import type { QlikRequest, QlikResponse } from './qlik-http.ts';
import { parseStrictJson } from './strict-json.ts';
import { safeLifetimeMs } from './token-lifetime.ts';

/**
 * The request for a token with which a page acts as a user.
 * https://qlik.dev/apis/rest/oauth/#post-oauth-token
 */
export function impersonationRequest(
  credentials: ClientCredentials,
  scope: string,
  lookup: UserLookup,
): QlikRequest {
  return {
    method: 'POST',
    path: '/oauth/token',
    json: {
      ...credentials,
      grant_type: 'urn:qlik:oauth:user-impersonation',
      scope,
      user_lookup: { field: lookup.field, value: lookup.value },
    },
  };
}

/** A bearer token as it may stand in a header (RFC 6750 §2.1). */
const BEARER_TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/**
 * The token in the answer. `tenantNow` is the tenant's time, in milliseconds since the epoch. Throws a `TenantFault`;
 * answers that are not what Qlik documents are `bad_response`.
 */
export function readImpersonationResponse(
  response: QlikResponse,
  asked: { scope: string; lookup: UserLookup },
  tenantNow: number,
): IssuedToken {
  if (response.status < 200 || response.status > 299) throw readFault(response, tenantNow, asked.lookup);

  const { access_token, token_type, scope, expires_in, expires_at } = readObject(response.body);
  if (typeof access_token !== 'string' || !BEARER_TOKEN.test(access_token))
    throw unusable('holds no access token');
  if (typeof token_type !== 'string' || token_type.toLowerCase() !== 'bearer')
    throw unusable('is no bearer token');
  const claims = readClaims(access_token);
  return {
    accessToken: access_token,
    scope: typeof scope === 'string' ? scope : asked.scope,
    lifetimeMs: safeLifetimeMs({ expires_in, expires_at }, claims, tenantNow),
    subject: typeof claims.sub === 'string' ? claims.sub : undefined,
  };
}

function readObject(body: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseStrictJson(body);
  } catch (error) {
    throw unusable(`is ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unusable('is no object');
  return value as Record<string, unknown>;
}

/** The claims, unverified: the token came from the tenant itself, over TLS. An opaque token has none. */
function readClaims(accessToken: string): JWTPayload {
  try {
    return decodeJwt(accessToken);
  } catch {
    return {};
  }
}

function unusable(what: string): TenantFault {
  return new TenantFault('bad_response', `the tenant’s answer ${what}`);
}
