import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { adminToken, call, impersonate, startSandbox, tokenOf } from './tenant-client.ts';

it('the token endpoint is refused for the rest of the minute, as Qlik says it', async (t) => {
  let now = Date.UTC(2030, 0, 1);
  const sandbox = await startSandbox(t, { now: () => now, tierTwoPerMinute: 2 });
  assert.equal((await impersonate(sandbox, 'subject', 'ada')).status, 200);
  now += 47_000;
  assert.equal((await impersonate(sandbox, 'subject', 'bruno')).status, 200);
  const refused = await impersonate(sandbox, 'subject', 'chiyo');
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get('retry-after'), '13');
  assert.deepEqual(refused.json(), {
    errors: [
      {
        code: 'HTTP-429',
        title: 'API rate limit reached.',
        detail: 'You need to wait 13 seconds until limit is lifted.',
      },
    ],
  });
  now += 12_999;
  assert.equal((await impersonate(sandbox, 'subject', 'chiyo')).headers.get('retry-after'), '1');
  now += 1;
  assert.equal((await impersonate(sandbox, 'subject', 'chiyo')).status, 200);
});

it('a hundred mints a minute is the default', async (t) => {
  const sandbox = await createSandbox({ now: () => Date.UTC(2030, 0, 1) });
  t.after(() => sandbox.close());
  const mints = Array.from({ length: 101 }, () => impersonate(sandbox, 'subject', 'ada'));
  const statuses = (await Promise.all(mints)).map((answer) => answer.status);
  assert.deepEqual(
    statuses.filter((status) => status !== 200),
    [429],
  );
});

it('minting, revoking and provisioning spend one budget, reading another', async (t) => {
  const sandbox = await startSandbox(t, { now: () => Date.UTC(2030, 0, 1), tierTwoPerMinute: 5 });
  const token = await adminToken(sandbox);
  const url = sandbox.url;
  const send = async (method: string, path: string, body: unknown) =>
    (await call(url + path, { method, token, body })).status;
  const id = sandbox.users[0]?.id;
  const rename = [{ op: 'replace', path: '/name', value: 'Ada' }];
  assert.equal(await send('POST', '/oauth/revoke', { token: 'x' }), 200);
  assert.equal(await send('POST', '/api/v1/users', { subject: 'fumi' }), 201);
  assert.equal(await send('PATCH', `/api/v1/users/${id}`, rename), 204);
  assert.equal(await send('POST', '/api/v1/oauth-clients', { appType: 'web', clientName: 'x' }), 201);
  assert.equal((await impersonate(sandbox, 'subject', 'ada')).status, 429);
  assert.equal(await send('POST', '/oauth/revoke', { token: 'x' }), 429);
  assert.equal(await send('POST', '/api/v1/users', { subject: 'gus' }), 429);
  assert.equal(await send('PATCH', `/api/v1/users/${id}`, rename), 429);
  assert.equal(await send('POST', '/api/v1/oauth-clients', { appType: 'web', clientName: 'x' }), 429);
  assert.equal((await call(`${url}/api/v1/users/me`, { token })).status, 200);
  assert.equal(await send('POST', '/api/v1/users/actions/filter', {}), 200);
});

it('reading is limited for each user alone', async (t) => {
  const sandbox = await startSandbox(t, { now: () => Date.UTC(2030, 0, 1), tierOnePerMinute: 2 });
  const [ada, bruno] = [await tokenOf(sandbox, 'ada'), await tokenOf(sandbox, 'bruno')];
  const read = async (token: string, path: string) =>
    (await call(`${sandbox.url}/api/v1/${path}`, { token })).status;
  assert.equal(await read(ada, 'users/me'), 200);
  assert.equal(await read(ada, 'spaces'), 200);
  assert.equal(await read(ada, 'items'), 429);
  assert.equal(await read(ada, 'users/me'), 429);
  assert.equal(await read(bruno, 'users/me'), 200);
});
