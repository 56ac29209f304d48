import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { adminToken, call, type Json, startSandbox, tokenOf } from './tenant-client.ts';

async function names(sandbox: Sandbox, token: string, path: string): Promise<unknown[]> {
  const answer = await call(`${sandbox.url}/api/v1/${path}`, { token });
  assert.equal(answer.status, 200);
  return answer.json<{ data: Json[] }>().data.map((entry) => entry.name);
}

it('users of different groups see different spaces, administrators all of them', async (t) => {
  const sandbox = await startSandbox(t);
  const seen = async (subject: string) => names(sandbox, await tokenOf(sandbox, subject), 'spaces?sort=name');
  assert.deepEqual(await seen('ada'), ['EMEA pipeline', 'Published sales']);
  assert.deepEqual(await seen('bruno'), ['Americas pipeline', 'Published sales']);
  assert.deepEqual(await seen('chiyo'), ['Americas pipeline', 'EMEA pipeline', 'Published sales']);
  assert.equal((await names(sandbox, await adminToken(sandbox), 'spaces')).length, 4);
  assert.deepEqual(await names(sandbox, await adminToken(sandbox, 'user_default'), 'spaces'), []);
});

it('items are seen as their spaces are', async (t) => {
  const sandbox = await startSandbox(t);
  const token = await tokenOf(sandbox, 'bruno');
  const all = ['Americas forecast', 'Reading the forecast', 'Sales by region'];
  assert.deepEqual(await names(sandbox, token, 'items?sort=%2Bname'), all);
  assert.deepEqual(await names(sandbox, token, 'items?resourceType=app&name=FORECAST'), [
    'Americas forecast',
  ]);
});

it('spaces are filtered by name and type', async (t) => {
  const sandbox = await startSandbox(t);
  const token = await adminToken(sandbox);
  assert.deepEqual(await names(sandbox, token, 'spaces?name=PIPE&sort=name'), [
    'Americas pipeline',
    'EMEA pipeline',
  ]);
  assert.deepEqual(await names(sandbox, token, 'spaces?type=managed&sort=name'), [
    'Board only',
    'Published sales',
  ]);
});

it('a space that somebody does not see is a 404', async (t) => {
  const sandbox = await startSandbox(t);
  const admin = await adminToken(sandbox);
  const list = await call(`${sandbox.url}/api/v1/spaces?name=board`, { token: admin });
  const id = list.json<{ data: Json[] }>().data[0]?.id;
  const ada = await tokenOf(sandbox, 'ada');
  for (const path of [`spaces/${id}`, `spaces/${id}/assignments`, 'spaces/000000000000000000000000']) {
    assert.equal((await call(`${sandbox.url}/api/v1/${path}`, { token: ada })).status, 404);
  }
  assert.equal((await call(`${sandbox.url}/api/v1/spaces/${id}`, { token: admin })).status, 200);
});

it('the owner of a space sees it without an assignment', async (t) => {
  const sandbox = await startSandbox(t);
  const body = { name: 'Fresh', type: 'shared' };
  await call(`${sandbox.url}/api/v1/spaces`, { method: 'POST', token: await adminToken(sandbox), body });
  assert.deepEqual(await names(sandbox, await adminToken(sandbox, 'user_default'), 'spaces'), ['Fresh']);
  assert.deepEqual(await names(sandbox, await tokenOf(sandbox, 'ada'), 'spaces?name=fresh'), []);
});

it('an assignment opens a new space for a user or for a group, once', async (t) => {
  const sandbox = await startSandbox(t);
  const admin = await adminToken(sandbox);
  const ada = await tokenOf(sandbox, 'ada');
  const post = (path: string, body: unknown) =>
    call(`${sandbox.url}/api/v1/spaces${path}`, { method: 'POST', token: admin, body });
  const created = await post('', { name: 'Fresh', type: 'shared' });
  assert.equal(created.status, 201);
  assert.equal((await post('', { name: 'Fresh', type: 'managed' })).status, 409);
  const path = `/${created.json().id}/assignments`;
  assert.equal((await call(`${sandbox.url}/api/v1/spaces/${created.json().id}`, { token: ada })).status, 404);

  const groups = await call(`${sandbox.url}/api/v1/groups?filter=name%20eq%20%22EMEA%20Sales%22`, {
    token: admin,
  });
  const assigneeId = groups.json<{ data: Json[] }>().data[0]?.id;
  const assignment = { type: 'group', assigneeId, roles: ['consumer'] };
  const refused = [
    { ...assignment, roles: [] },
    { ...assignment, roles: ['publisher'] },
    { ...assignment, assigneeId: 'x' },
    { ...assignment, type: 'user' },
  ];
  for (const body of refused) assert.equal((await post(path, body)).status, 400, JSON.stringify(body));
  assert.equal((await post(path, assignment)).status, 201);
  assert.equal((await post(path, assignment)).status, 409);
  assert.equal(
    (await post(path, { type: 'user', assigneeId: sandbox.users[0]?.id, roles: ['producer'] })).status,
    201,
  );

  const space = await call(`${sandbox.url}/api/v1/spaces/${created.json().id}`, { token: ada });
  assert.deepEqual(space.json<{ meta: { roles: string[] } }>().meta.roles, ['consumer', 'producer']);
  const listed = await call(`${sandbox.url}/api/v1/spaces${path}`, { token: ada });
  assert.equal(listed.json<{ data: Json[] }>().data.length, 2);
});
