import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { NumberedCall } from '../../src/sandbox/call-log.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
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
      answeredAt: now,
    },
    { method: 'GET', path: '/api/v1/users/me', subject: 'ada', status: 200, at: now, answeredAt: now },
    { method: 'GET', path: '/nowhere', status: 404, at: now, answeredAt: now },
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

interface Log {
  now: number;
  calls: NumberedCall[];
}

const asked = (sandbox: Sandbox, query = '') =>
  call(`${sandbox.url}/sandbox/calls${query}`, { headers: { 'x-sandbox': '1' } });

it('over HTTP the log is read on from where one was, and what is cleared does not come again', async (t) => {
  let now = 1_000_000;
  const sandbox = await startSandbox(t, { now: () => now });
  await call(`${sandbox.url}/one`);
  await call(`${sandbox.url}/two`);
  now += 5;
  const first = (await asked(sandbox)).json<Log>();
  assert.equal(first.now, now);
  assert.deepEqual(
    first.calls.map(({ number, path }) => [number, path]),
    [
      [1, '/one'],
      [2, '/two'],
    ],
  );
  assert.equal((await asked(sandbox, '?after=1')).json<Log>().calls.length, 1);
  sandbox.calls.clear();
  await call(`${sandbox.url}/three`);
  for (const after of [0, 2])
    assert.deepEqual((await asked(sandbox, `?after=${after}`)).json().calls, [
      { number: 3, method: 'GET', path: '/three', status: 404, at: now, answeredAt: now },
    ]);
  assert.deepEqual((await asked(sandbox, '?after=3')).json().calls, []);
});

it('over HTTP the log needs the header, and a number to go on from', async (t) => {
  const sandbox = await startSandbox(t);
  assert.equal((await call(`${sandbox.url}/sandbox/calls`)).status, 403);
  for (const query of ['?after=-1', '?after=x', '?after=1&after=2'])
    assert.equal((await asked(sandbox, query)).status, 400, query);
});

it('a page’s call has its origin, a server’s has none, and a revoked token still says whose it was', async (t) => {
  const origin = 'https://portal.example';
  const sandbox = await startSandbox(t, { allowedOrigins: [origin] });
  const token = await tokenOf(sandbox, 'ada');
  const headers = { authorization: `Bearer ${token}` };
  await call(`${sandbox.url}/api/v1/users/me`, { headers: { ...headers, origin } });
  await call(`${sandbox.url}/oauth/revoke`, { method: 'POST', body: { token } });
  await call(`${sandbox.url}/api/v1/users/me`, { headers });
  await call(`${sandbox.url}/api/v1/users/me`, { token: `${token.slice(0, -8)}AAAAAAAA` });
  const calls = sandbox.calls.list({ path: '/api/*' });
  assert.deepEqual(
    calls.map(({ status, subject, origin }) => [status, subject, origin]),
    [
      [200, 'ada', origin],
      [401, 'ada', undefined],
      [401, undefined, undefined],
    ],
  );
});
