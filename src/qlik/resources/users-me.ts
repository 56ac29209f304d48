import { readQlikError } from '../error-response.ts';
import { isSuccess, type QlikRequest, type QlikResponse } from '../http.ts';
import { readObject, unusable } from '../json-response.ts';

/** Whom the tenant takes somebody for, as far as that is known. */
export interface QlikIdentity {
  readonly id?: string | undefined;
  readonly subject?: string | undefined;
  /** It is no person, but an OAuth client. */
  readonly isClient?: boolean;
}

/**
 * The request for the user whose token it is; `path`: where the answer says that the user is.
 * https://qlik.dev/apis/rest/users/#get-api-v1-users-me
 */
export function usersMeRequest(accessToken: string, path = '/api/v1/users/me'): QlikRequest {
  return { method: 'GET', path, bearer: accessToken };
}

/** Whether the tenant takes the token: false only for its 401. Throws a `QlikError` when it does not say. */
export function readAccepted(response: QlikResponse, tenantNow: number): boolean {
  if (response.status === 429 || response.status >= 500) throw readQlikError(response, tenantNow);
  return response.status !== 401;
}

const USER_PATH = /^\/api\/v1\/users\/[\w-]{1,64}$/;

/** Where the tenant sends whoever asks, as Qlik documents it; undefined unless that is a user of the same host. */
export function readUserPath({ status, headers }: QlikResponse, origin: string): string | undefined {
  const { location } = headers;
  if (status < 300 || status > 399 || typeof location !== 'string' || !URL.canParse(location, origin))
    return undefined;
  const url = new URL(location, origin);
  return url.origin === origin && USER_PATH.test(url.pathname) ? url.pathname : undefined;
}

/** The user in the answer. Throws a `QlikError`; a token that was just issued and is refused is no good answer. */
export function readIdentity(response: QlikResponse, tenantNow: number): QlikIdentity {
  if (response.status === 429 || response.status >= 500) throw readQlikError(response, tenantNow);
  if (!isSuccess(response)) throw unusable(`about a fresh token’s user has status ${response.status}`);
  const { id, subject, clientId } = readObject(response.body);
  if (typeof id !== 'string' || typeof subject !== 'string' || id === '' || subject === '')
    throw unusable('holds no user');
  return { id, subject, isClient: typeof clientId === 'string' && clientId !== '' };
}
