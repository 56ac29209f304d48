import type { ClientCredentials } from '../client-authentication.ts';
import { readQlikError } from '../error-response.ts';
import { isSuccess, type QlikRequest, type QlikResponse } from '../http.ts';
import type { IssuedToken } from './token-response.ts';
import { readTokenAnswer } from './token-response.ts';

/** How the tenant finds the user: the `user_lookup` of an impersonation request. */
export interface UserLookup {
  readonly field: 'userId' | 'subject';
  readonly value: string;
}

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

/**
 * The token in the answer. `tenantNow` is the tenant's time, in milliseconds since the epoch. Throws a `QlikError`;
 * answers that are not what Qlik documents are `bad_response`.
 */
export function readImpersonationResponse(
  response: QlikResponse,
  asked: { scope: string; lookup: UserLookup },
  tenantNow: number,
): IssuedToken {
  if (!isSuccess(response)) throw readQlikError(response, tenantNow, asked.lookup.value);
  return readTokenAnswer(response.body, asked.scope, tenantNow);
}
