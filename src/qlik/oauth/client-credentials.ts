import type { ClientCredentials } from '../client-authentication.ts';
import { readQlikError } from '../error-response.ts';
import { isSuccess, type QlikRequest, type QlikResponse } from '../http.ts';
import { type IssuedToken, readTokenAnswer } from './token-response.ts';

/**
 * The request for a token with which a client acts as itself (RFC 6749 §4.4); without `scope`, with all that it has.
 * https://qlik.dev/apis/rest/oauth/#post-oauth-token
 */
export function clientCredentialsRequest(credentials: ClientCredentials, scope?: string): QlikRequest {
  return {
    method: 'POST',
    path: '/oauth/token',
    json: { ...credentials, grant_type: 'client_credentials', ...(scope !== undefined && { scope }) },
  };
}

/** The token in the answer. `tenantNow` as in `readImpersonationResponse`. Throws a `QlikError`. */
export function readClientCredentialsResponse(response: QlikResponse, tenantNow: number): IssuedToken {
  if (!isSuccess(response)) throw readQlikError(response, tenantNow);
  return readTokenAnswer(response.body, '', tenantNow);
}
