import { readApiError } from '../error-response.ts';
import { isSuccess, type QlikRequest, type QlikResponse } from '../http.ts';
import { unusable } from '../json-response.ts';
import { filterRequest, type ListPage, readPage } from '../list-page.ts';
import { filterValue } from './filter-value.ts';
import type { GroupReference } from './users.ts';

/**
 * The request for groups with one of these names. Qlik compares without case, so some of them may be others.
 * https://qlik.dev/apis/rest/groups/#post-api-v1-groups-actions-filter
 */
export function findGroupsRequest(names: readonly string[], cursor?: string): QlikRequest {
  const filter = names.map((name) => `name eq ${filterValue(name)}`).join(' or ');
  return filterRequest('/api/v1/groups/actions/filter', filter, cursor);
}

/** The groups in the answer. Throws a `QlikError`. */
export function readGroupsPage(response: QlikResponse, tenantNow: number): ListPage<GroupReference> {
  return readPage(response, tenantNow, ({ name, providerType }) => {
    if (typeof name !== 'string') throw unusable('holds a group without a name');
    return { name, providerType: typeof providerType === 'string' ? providerType : 'idp' };
  });
}

/** https://qlik.dev/apis/rest/groups/#post-api-v1-groups */
export function createGroupRequest(name: string): QlikRequest {
  return { method: 'POST', path: '/api/v1/groups', json: { name, providerType: 'custom' } };
}

/** A group that is there already (409) is as good as one that was created. Throws a `QlikError`. */
export function readCreatedGroup(response: QlikResponse, tenantNow: number): void {
  if (response.status !== 409 && !isSuccess(response)) throw readApiError(response, tenantNow);
}
