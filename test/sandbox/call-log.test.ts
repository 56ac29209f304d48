import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  adminToken,
  call,
  credentials,
  IMPERSONATION,
  impersonate,
  postToken,
  startSandbox,
  tokenOf,
} from './tenant-client.ts';

it('what was asked is there in order, complete as soon as it is answered', async (t) => {
  const now = Date.UTC(2030, 0, 1);
  const sandbox = await startSandbox(t, { now: () => now });
  const token = await tokenOf(sandbox, 'ada');
  await call(`${sandbox.url}/api/v1/users/me?fields=name`, { token });
  await call(`${sandbox.url}/nowhere`);
  assert.deepEqual(sandbox.calls.list(), [
    {
      method: 'POST',
      path: '/oauth/token',
      grantType: IMPERSONATION,
      userLookup: { field: 'subject', value: 'ada' },
      status: 200,
      at: now,
    },
    { method: 'GET', path: '/api/v1/users/me', subject: 'ada', status: 200, at: now },
    { method: 'GET', path: '/nowhere', status: 404, at: now },
  ]);
});

it('calls are counted by what they have in common', async (t) => {
  const sandbox = await startSandbox(t);
  const { calls } = sandbox;
  const token = await tokenOf(sandbox, 'ada');
  await impersonate(sandbox, 'subject', 'nobody');
  await adminToken(sandbox);
  await call(`${sandbox.url}/api/v1/users/me`, { token });
  await call(`${sandbox.url}/api/v1/users/me`, { method: 'OPTIONS' });
  assert.equal(calls.count(), 5);
  assert.equal(calls.count({ path: '/oauth/token' }), 3);
  assert.equal(calls.count({ path: '/api/*', method: 'GET' }), 1);
  assert.equal(calls.count({ path: '/api/v1/users' }), 0);
  assert.equal(calls.count({ grantType: IMPERSONATION }), 2);
  assert.equal(calls.count({ grantType: IMPERSONATION, status: 200 }), 1);
  assert.equal(calls.count({ lookup: 'nobody' }), 1);
  assert.equal(calls.count({ subject: 'ada' }), 1);
  assert.deepEqual(
    calls.list({ status: 401 }).map((entry) => entry.userLookup?.value),
    ['nobody'],
  );
  calls.clear();
  assert.equal(calls.count(), 0);
});

it('no secret and no token gets into the log', async (t) => {
  const sandbox = await startSandbox(t);
  const token = await tokenOf(sandbox, 'ada');
  const { clientId, clientSecret } = sandbox.managementClient;
  const authorization = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
  await postToken(sandbox, { grant_type: 'client_credentials' }, { authorization });
  await postToken(sandbox, { ...credentials(sandbox.managementClient), grant_type: 'client_credentials' });
  await call(`${sandbox.url}/api/v1/users/me?accessToken=${token}`, { token });
  await call(`${sandbox.url}/oauth/revoke`, { method: 'POST', body: { token } });
  const log = JSON.stringify(sandbox.calls.list());
  assert.equal(sandbox.calls.count(), 5);
  for (const secret of [token, clientSecret, sandbox.impersonationClient.clientSecret, authorization]) {
    assert.ok(!log.includes(secret));
  }
});
