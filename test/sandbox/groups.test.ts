import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { adminToken, call, codes, type Json, startSandbox, tokenOf } from './tenant-client.ts';

async function groupsApi(sandbox: Sandbox, scope?: string) {
  const token = await adminToken(sandbox, scope);
  const url = `${sandbox.url}/api/v1/groups`;
  return {
    get: (path = '') => call(url + path, { token }),
    post: (body: unknown, path = '') => call(url + path, { method: 'POST', token, body }),
    patch: (id: unknown, body: unknown) => call(`${url}/${id}`, { method: 'PATCH', token, body }),
    remove: (id: unknown) => call(`${url}/${id}`, { method: 'DELETE', token }),
  };
}

it('a group is created once: 201, then 409, but another case is another group', async (t) => {
  const api = await groupsApi(await startSandbox(t));
  const created = await api.post({ name: 'APAC Sales', providerType: 'custom', description: 'x' });
  assert.equal(created.status, 201);
  assert.equal(created.json().providerType, 'custom');
  const again = await api.post({ name: 'APAC Sales', providerType: 'idp' });
  assert.equal(again.status, 409);
  assert.deepEqual(codes(again), ['GROUPS-6']);
  const other = await api.post({ name: 'apac sales' });
  assert.equal(other.status, 201);
  assert.equal(other.json().providerType, 'idp');
});

it('groups are found by a filter in the query and in the body, without case', async (t) => {
  const api = await groupsApi(await startSandbox(t));
  const filter = 'name eq "emea SALES"';
  const posted = (await api.post({ filter }, '/actions/filter')).json<{ data: Json[] }>();
  const queried = (await api.get(`?filter=${encodeURIComponent(filter)}`)).json<{ data: Json[] }>();
  assert.deepEqual(
    posted.data.map((group) => group.name),
    ['EMEA Sales'],
  );
  assert.deepEqual(queried.data, posted.data);
  assert.equal((await api.get('?filter=name')).status, 400);
});

it('a custom group can be renamed, not to a name that is taken', async (t) => {
  const api = await groupsApi(await startSandbox(t));
  const { id } = (await api.post({ name: 'APAC Sales', providerType: 'custom' })).json();
  const rename = (value: string) => api.patch(id, [{ op: 'replace', path: 'name', value }]);
  assert.equal((await rename('APAC')).status, 204);
  assert.equal((await api.get(`/${id}`)).json().name, 'APAC');
  assert.equal((await rename('EMEA Sales')).status, 409);
  assert.equal((await api.patch(id, [{ op: 'replace', path: '/name', value: 'x' }])).status, 400);
  const { id: idp } = (await api.post({ name: 'From the directory' })).json();
  assert.equal((await api.patch(idp, [{ op: 'replace', path: 'name', value: 'x' }])).status, 400);
});

it('a deleted group leaves its users, and they lose what it opened to them', async (t) => {
  const sandbox = await startSandbox(t);
  const api = await groupsApi(sandbox);
  const { data } = (await api.get()).json<{ data: Json[] }>();
  const emea = data.find((group) => group.name === 'EMEA Sales');
  assert.equal((await api.remove(emea?.id)).status, 204);
  assert.equal((await api.remove(emea?.id)).status, 404);
  const chiyo = sandbox.users.find((user) => user.subject === 'chiyo');
  const token = await adminToken(sandbox);
  const user = await call(`${sandbox.url}/api/v1/users/${chiyo?.id}`, { token });
  assert.deepEqual(user.json().groups, ['Americas Sales']);
  const spaces = await call(`${sandbox.url}/api/v1/spaces?name=EMEA`, {
    token: await tokenOf(sandbox, 'chiyo'),
  });
  assert.deepEqual(spaces.json().data, []);
});

it('names that are empty or too long, and attributes that do not exist, are a 400', async (t) => {
  const api = await groupsApi(await startSandbox(t));
  const bodies = [
    {},
    { name: '' },
    { name: 'x'.repeat(257) },
    { name: 'x', providerType: 'x' },
    { name: 'x', y: 1 },
  ];
  for (const body of bodies) assert.equal((await api.post(body)).status, 400, JSON.stringify(body));
});
