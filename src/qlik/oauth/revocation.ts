import { readQlikError } from '../error-response.ts';
import { isSuccess, type QlikRequest, type QlikResponse } from '../http.ts';

/**
 * The request that makes the tenant refuse a token from now on (RFC 7009 §2.1).
 * https://qlik.dev/apis/rest/oauth/#post-oauth-revoke
 */
export function revocationRequest(accessToken: string): QlikRequest {
  return {
    method: 'POST',
    path: '/oauth/revoke',
    json: { token: accessToken, token_type_hint: 'access_token' },
  };
}

/** Throws a `QlikError` unless the token is revoked. */
export function readRevocationResponse(response: QlikResponse, tenantNow: number): void {
  if (!isSuccess(response)) throw readQlikError(response, tenantNow);
}
