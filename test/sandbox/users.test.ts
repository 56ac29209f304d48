import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import {
  accessToken,
  adminToken,
  call,
  codes,
  credentials,
  IMPERSONATION,
  impersonate,
  type Json,
  postToken,
  startSandbox,
  tokenOf,
} from './tenant-client.ts';

interface User extends Json {
  id: string;
  subject: string;
}

interface List extends Json {
  data: User[];
  links: { self: { href: string }; next?: { href: string }; prev?: { href: string } };
}

/** The users API as an administrator. */
async function usersApi(sandbox: Sandbox) {
  const token = await adminToken(sandbox);
  const url = `${sandbox.url}/api/v1/users`;
  return {
    url,
    get: (path = '') => call(url + path, { token }),
    post: (body: unknown, path = '') => call(url + path, { method: 'POST', token, body }),
    patch: (id: string, body: unknown) => call(`${url}/${id}`, { method: 'PATCH', token, body }),
    remove: (id: string) => call(`${url}/${id}`, { method: 'DELETE', token }),
    subjects: async (filter: string) => {
      const answer = await call(`${url}/actions/filter`, { method: 'POST', token, body: { filter } });
      assert.equal(answer.status, 200, `${filter}: ${answer.text}`);
      return answer
        .json<List>()
        .data.map((user) => user.subject)
        .sort();
    },
  };
}

it('an impersonated user reads itself, and nothing that only administrators may', async (t) => {
  const sandbox = await startSandbox(t);
  const token = await tokenOf(sandbox, 'ada');
  const [ada, bruno] = sandbox.users;
  const url = `${sandbox.url}/api/v1`;
  const me = await call(`${url}/users/me`, { token });
  assert.equal(me.json().id, ada?.id);
  assert.deepEqual((await call(`${url}/users/${ada?.id}`, { token })).json(), me.json());

  const refused: [string, string, unknown?][] = [
    ['GET', '/users'],
    ['GET', `/users/${bruno?.id}`],
    ['GET', '/users/actions/count'],
    ['POST', '/users/actions/filter', {}],
    ['POST', '/users', { subject: 'fumi' }],
    ['PATCH', `/users/${ada?.id}`, [{ op: 'replace', path: '/name', value: 'Queen Ada' }]],
    ['DELETE', `/users/${ada?.id}`],
    ['GET', '/groups'],
    ['POST', '/groups', { name: 'Mine' }],
    ['GET', '/oauth-clients'],
    ['POST', '/oauth-clients', { appType: 'web', clientName: 'mine' }],
    ['POST', '/spaces', { name: 'Mine', type: 'shared' }],
  ];
  for (const [method, path, body] of refused) {
    const answer = await call(url + path, { method, token, ...(body === undefined ? {} : { body }) });
    assert.equal(answer.status, 403, `${method} ${path}`);
    assert.deepEqual(codes(answer), ['HTTP-403']);
  }
  assert.equal((await call(`${url}/users/me`, { token })).json().name, 'Ada Lindqvist');
});

it('an administrator needs the role as well as the scope', async (t) => {
  const sandbox = await startSandbox(t);
  const api = await usersApi(sandbox);
  const definition = {
    appType: 'web',
    clientName: 'admin portal',
    allowedScopes: ['admin_classic'],
    allowedGrantTypes: [IMPERSONATION],
    connectionConfig: { consentMethod: 'trusted' },
  };
  const url = `${sandbox.url}/api/v1/oauth-clients`;
  const created = await call(url, { method: 'POST', token: await adminToken(sandbox), body: definition });
  const client = credentials(created.json() as { clientId: string; clientSecret: string });
  const lookup = { grant_type: IMPERSONATION, user_lookup: { field: 'subject', value: 'ada' } };
  const token = accessToken(await postToken(sandbox, { ...client, ...lookup }));
  assert.equal((await call(api.url, { token })).status, 403);
  const value = [{ name: 'TenantAdmin' }];
  await api.patch(sandbox.users[0]?.id ?? '', [{ op: 'add', path: '/assignedRoles', value }]);
  assert.equal((await call(api.url, { token })).status, 200);
  assert.equal((await call(api.url, { token: await tokenOf(sandbox, 'ada') })).status, 403);
});

it('a user is created once: 201, then 409 for the same subject', async (t) => {
  const api = await usersApi(await startSandbox(t));
  const created = await api.post({ subject: 'fumi', name: 'Fumi Okada', email: 'fumi@example.com' });
  assert.equal(created.status, 201);
  const { id, status, assignedGroups, links } = created.json<User & { links: { self: { href: string } } }>();
  assert.match(id, /^[0-9a-f]{24}$/);
  assert.deepEqual({ status, assignedGroups }, { status: 'provisioned', assignedGroups: [] });
  assert.equal(links.self.href, `${api.url}/${id}`);
  const again = await api.post({ subject: 'fumi' });
  assert.equal(again.status, 409);
  assert.equal(again.json<{ errors: Json[] }>().errors[0]?.status, 409);
  assert.equal((await api.post({ subject: 'FUMI' })).status, 201);
  assert.deepEqual(await api.subjects('subject eq "fumi"'), ['FUMI', 'fumi']);
});

it('a created user can be impersonated until it is deleted', async (t) => {
  const sandbox = await startSandbox(t);
  const api = await usersApi(sandbox);
  const { id } = (await api.post({ subject: 'fumi' })).json<User>();
  assert.equal((await impersonate(sandbox, 'userId', id)).status, 200);
  assert.equal((await api.remove(id)).status, 204);
  assert.equal((await impersonate(sandbox, 'userId', id)).status, 401);
  assert.deepEqual(codes(await api.remove(id)), ['USERS-7']);
  assert.equal((await api.get(`/${id}`)).status, 404);
});

it('a creation that Qlik would refuse is a 400', async (t) => {
  const api = await usersApi(await startSandbox(t));
  const bodies = [
    {},
    { subject: '' },
    { subject: 7 },
    { subject: 'x', assignedGroups: [{ name: 'EMEA Sales' }] },
    { subject: 'x', status: 'active' },
    { subject: 'x', status: 'invited' },
    { subject: 'x', tenantId: 'another' },
    { subject: 'x', assignedRoles: [{ name: 'Emperor' }] },
  ];
  for (const body of bodies) assert.equal((await api.post(body)).status, 400, JSON.stringify(body));
  const invited = await api.post({ subject: 'y', status: 'invited', email: 'y@example.com' });
  assert.equal(invited.json().status, 'invited');
});

it('a patch that is in order is a 204 and done', async (t) => {
  const sandbox = await startSandbox(t);
  const api = await usersApi(sandbox);
  const id = sandbox.users[0]?.id ?? '';
  const groups = (...names: string[]) => names.map((name) => ({ name, providerType: 'custom' }));
  const path = '/assignedGroups';
  const patched = await api.patch(id, [
    { op: 'replace', path: '/name', value: 'Ada L.' },
    { op: 'replace', path, value: groups('Americas Sales') },
    { op: 'add', path, value: groups('EMEA Sales') },
    { op: 'remove-value', path, value: groups('Americas Sales') },
    { op: 'add', path: '/assignedRoles', value: [{ name: 'Developer' }] },
    { op: 'replace', path: '/preferredLocale', value: 'sv' },
  ]);
  assert.deepEqual({ status: patched.status, text: patched.text }, { status: 204, text: '' });
  const user = (await api.get(`/${id}`)).json();
  assert.equal(user.name, 'Ada L.');
  assert.deepEqual(user.groups, ['EMEA Sales']);
  assert.deepEqual(user.roles, ['Developer']);
  assert.equal(user.preferredLocale, 'sv');
  assert.notEqual(user.lastUpdatedAt, user.createdAt);
});

it('a patch that fails in part is a 207: the rest is done, and the errors say what is not', async (t) => {
  const sandbox = await startSandbox(t);
  const api = await usersApi(sandbox);
  const id = sandbox.users[0]?.id ?? '';
  const unknown = [{ name: 'Nobody', providerType: 'custom' }];
  const answer = await api.patch(id, [
    { op: 'replace', path: '/name', value: 'Ada L.' },
    { op: 'replace', path: '/assignedGroups', value: unknown },
    { op: 'replace', path: '/status', value: 'deleted' },
  ]);
  assert.equal(answer.status, 207);
  const { errors } = answer.json<{ errors: { detail: string; status: number }[] }>();
  assert.deepEqual(
    errors.map((error) => error.detail),
    ['/1/assignedGroups', '/2/status'],
  );
  assert.equal(errors[0]?.status, 400);
  const user = (await api.get(`/${id}`)).json();
  assert.deepEqual([user.name, user.groups, user.status], ['Ada L.', ['EMEA Sales'], 'active']);
});

it('a group name in another case or from another provider is not the group', async (t) => {
  const sandbox = await startSandbox(t);
  const api = await usersApi(sandbox);
  const id = sandbox.users[0]?.id ?? '';
  for (const group of [
    { name: 'emea sales', providerType: 'custom' },
    { name: 'EMEA Sales', providerType: 'idp' },
  ]) {
    assert.equal((await api.patch(id, [{ op: 'add', path: '/assignedGroups', value: [group] }])).status, 207);
  }
});

it('a patch that is none, or of an unknown path or user, is refused', async (t) => {
  const sandbox = await startSandbox(t);
  const api = await usersApi(sandbox);
  const id = sandbox.users[0]?.id ?? '';
  const operation = { op: 'replace', path: '/name', value: 'x' };
  for (const body of [{}, [], [{ ...operation, op: 'test' }], [{ ...operation, path: '/subject' }], ['x']]) {
    assert.equal((await api.patch(id, body)).status, 400, JSON.stringify(body));
  }
  assert.equal((await api.patch('000000000000000000000000', [operation])).status, 404);
  assert.equal((await api.patch('__proto__', [operation])).status, 404);
});

it('a disabled user can be enabled again', async (t) => {
  const sandbox = await startSandbox(t);
  const api = await usersApi(sandbox);
  const erik = sandbox.users.find((user) => user.status === 'disabled');
  assert.equal((await impersonate(sandbox, 'subject', erik?.subject ?? '')).status, 403);
  await api.patch(erik?.id ?? '', [{ op: 'replace', path: '/status', value: 'active' }]);
  assert.equal((await impersonate(sandbox, 'subject', erik?.subject ?? '')).status, 200);
});

it('a list goes forward and back in pages, sorted, counted, and cut to fields', async (t) => {
  const api = await usersApi(await startSandbox(t));
  const first = (await api.get('?limit=2&sort=-subject&totalResults=true&fields=subject')).json<List>();
  assert.equal(first.totalResults, 7);
  assert.equal(first.links.prev, undefined);
  assert.deepEqual(Object.keys(first.data[0] ?? {}), ['subject']);
  const walk = async (list: List, direction: 'next' | 'prev') =>
    (await api.get(new URL(list.links[direction]?.href ?? '').search)).json<List>();
  const second = await walk(first, 'next');
  const third = await walk(second, 'next');
  const last = await walk(third, 'next');
  assert.equal(last.links.next, undefined);
  const subjects = [first, second, third, last].flatMap((list) => list.data.map((user) => user.subject));
  assert.equal(subjects.length, 7);
  assert.deepEqual(subjects, [...subjects].sort().reverse());
  assert.deepEqual((await walk(last, 'prev')).data, third.data);
  const ascending = (await api.get('?sort=%2Bsubject&limit=1')).json<List>();
  assert.equal(ascending.data[0]?.subject, 'ada');
});

it('a page stays right when somebody is created in front of it', async (t) => {
  const api = await usersApi(await startSandbox(t));
  const first = (await api.get('?limit=2&sort=subject')).json<List>();
  await api.post({ subject: 'aaron' });
  const second = (await api.get(new URL(first.links.next?.href ?? '').search)).json<List>();
  assert.deepEqual(
    second.data.map((user) => user.subject),
    ['chiyo', 'dana'],
  );
});

it('list parameters that make no sense are a 400', async (t) => {
  const api = await usersApi(await startSandbox(t));
  const queries = [
    'limit=0',
    'limit=101',
    'limit=x',
    'fields=id&fields=name',
    'sort=toString',
    'next=x',
    'filter=x',
  ];
  for (const query of queries) assert.equal((await api.get(`?${query}`)).status, 400, query);
});

it('the count counts people and bots', async (t) => {
  const api = await usersApi(await startSandbox(t));
  assert.deepEqual((await api.get('/actions/count')).json(), { total: 7 });
});

it('a filter finds by each attribute, without case', async (t) => {
  const sandbox = await startSandbox(t);
  const api = await usersApi(sandbox);
  const [ada] = sandbox.users;
  const { clientId } = sandbox.managementClient;
  assert.deepEqual(await api.subjects(`id eq "${ada?.id}"`), ['ada']);
  assert.deepEqual(await api.subjects('SUBJECT EQ "ADA"'), ['ada']);
  assert.deepEqual(await api.subjects('email eq "Bruno.Carvalho@EXAMPLE.com"'), ['bruno']);
  assert.deepEqual(await api.subjects('name co "LIND" or email co "tanabe@"'), ['ada', 'chiyo']);
  assert.deepEqual(await api.subjects('status eq "disabled"'), ['erik']);
  assert.deepEqual(await api.subjects(`clientId eq "${clientId}"`), [`qlikbot\\${clientId}`]);
  assert.deepEqual(await api.subjects(`subject eq "qlikbot\\\\${clientId}"`), [`qlikbot\\${clientId}`]);
});

it('an e-mail that tries to widen the filter finds nobody when it is escaped, and more when it is not', async (t) => {
  const api = await usersApi(await startSandbox(t));
  const evil = 'x" or name co "a';
  assert.deepEqual(await api.subjects(`email eq ${JSON.stringify(evil)}`), []);
  assert.notDeepEqual(await api.subjects(`email eq "${evil}"`), []);
  await api.post({ subject: 'fumi', email: evil });
  assert.deepEqual(await api.subjects(`email eq ${JSON.stringify(evil)}`), ['fumi']);
});
