import { readApiError } from '../error-response.ts';
import { isSuccess, type QlikRequest, type QlikResponse } from '../http.ts';
import { readObject, unusable } from '../json-response.ts';
import { filterRequest, type ListPage, readPage } from '../list-page.ts';
import { filterValue } from './filter-value.ts';

/** A user of the tenant, as far as that matters here. */
export interface QlikUser {
  readonly id: string;
  readonly subject: string;
  readonly email?: string;
  /** `active`, `invited`, `provisioned`, `disabled`, `deleted`, or what Qlik will think of. */
  readonly status: string;
  readonly groups: readonly GroupReference[];
}

/** How a user's groups are named: two groups may share a name but for its case. */
export interface GroupReference {
  readonly name: string;
  readonly providerType: string;
}

/** A user to be created. */
export interface NewQlikUser {
  readonly subject: string;
  readonly name?: string | undefined;
  readonly email?: string | undefined;
}

/**
 * The request for users with that subject or e-mail. Qlik compares without case, so some of them may be others.
 * https://qlik.dev/apis/rest/users/#post-api-v1-users-actions-filter
 */
export function findUsersRequest(
  by: { subject: string; email?: string | undefined },
  cursor?: string,
): QlikRequest {
  const subject = `subject eq ${filterValue(by.subject)}`;
  const filter = by.email === undefined ? subject : `${subject} or email eq ${filterValue(by.email)}`;
  return filterRequest('/api/v1/users/actions/filter', filter, cursor);
}

/** The users in the answer. Throws a `QlikError`. */
export function readUsersPage(response: QlikResponse, tenantNow: number): ListPage<QlikUser> {
  return readPage(response, tenantNow, readUser);
}

/** https://qlik.dev/apis/rest/users/#post-api-v1-users */
export function createUserRequest({ subject, name, email }: NewQlikUser): QlikRequest {
  return { method: 'POST', path: '/api/v1/users', json: { subject, name, email } };
}

/** The user that was created; undefined when there is one already (409). Throws a `QlikError`. */
export function readCreatedUser(response: QlikResponse, tenantNow: number): QlikUser | undefined {
  if (response.status === 409) return undefined;
  if (!isSuccess(response)) throw readApiError(response, tenantNow);
  return readUser(readObject(response.body));
}

/**
 * The request that gives a user exactly these groups.
 * https://qlik.dev/apis/rest/users/#patch-api-v1-users-userId
 */
export function assignGroupsRequest(userId: string, groups: readonly GroupReference[]): QlikRequest {
  const value = groups.map(({ name, providerType }) => ({ name, providerType }));
  return {
    method: 'PATCH',
    path: `/api/v1/users/${encodeURIComponent(userId)}`,
    json: [{ op: 'replace', path: '/assignedGroups', value }],
  };
}

/** Whether everything was changed: 204, or a 207 that reports no error. Throws a `QlikError`. */
export function readPatched(response: QlikResponse, tenantNow: number): boolean {
  if (!isSuccess(response)) throw readApiError(response, tenantNow);
  if (response.status !== 207) return true;
  const { errors } = readObject(response.body);
  return Array.isArray(errors) && errors.length === 0;
}

function readUser({ id, subject, email, status, assignedGroups }: Record<string, unknown>): QlikUser {
  if (typeof id !== 'string' || id === '' || typeof subject !== 'string')
    throw unusable('holds a user without id or subject');
  return {
    id,
    subject,
    ...(typeof email === 'string' && { email }),
    status: typeof status === 'string' ? status : 'active',
    groups: Array.isArray(assignedGroups) ? assignedGroups.flatMap(readGroupReference) : [],
  };
}

function readGroupReference(group: unknown): GroupReference[] {
  const { name, providerType } = (group ?? {}) as { name?: unknown; providerType?: unknown };
  if (typeof name !== 'string') return [];
  return [{ name, providerType: typeof providerType === 'string' ? providerType : 'idp' }];
}
