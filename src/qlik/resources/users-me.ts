import { readQlikError } from '../error-response.ts';
import type { QlikRequest, QlikResponse } from '../http.ts';

/**
 * The request for the user whose token it is.
 * https://qlik.dev/apis/rest/users/#get-api-v1-users-me
 */
export function usersMeRequest(accessToken: string): QlikRequest {
  return { method: 'GET', path: '/api/v1/users/me', bearer: accessToken };
}

/** Whether the tenant takes the token: false only for its 401. Throws a `QlikError` when it does not say. */
export function readAccepted(response: QlikResponse, tenantNow: number): boolean {
  if (response.status === 429 || response.status >= 500) throw readQlikError(response, tenantNow);
  return response.status !== 401;
}
