import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import {
  accessToken,
  adminToken,
  call,
  type Json,
  postToken,
  startSandbox,
  tokenOf,
} from './tenant-client.ts';

const PORTAL = 'http://portal.example';

async function isAlive(sandbox: Sandbox, token: string): Promise<boolean> {
  const { status } = await call(`${sandbox.url}/api/v1/users/me`, { token });
  assert.ok(status === 200 || status === 401);
  return status === 200;
}

function revoke(sandbox: Sandbox, body: unknown, headers: Record<string, string> = {}) {
  return call(`${sandbox.url}/oauth/revoke`, { method: 'POST', body, headers });
}

it('a revoked token is refused, other tokens of the user are not', async (t) => {
  const sandbox = await startSandbox(t);
  const [one, two] = [await tokenOf(sandbox, 'ada'), await tokenOf(sandbox, 'ada')];
  const answer = await revoke(sandbox, { token: one, token_type_hint: 'access_token' });
  assert.deepEqual({ status: answer.status, text: answer.text }, { status: 200, text: '' });
  assert.equal(await isAlive(sandbox, one), false);
  assert.equal(await isAlive(sandbox, two), true);
});

it('revoking is idempotent, takes a form, and ignores what is no token', async (t) => {
  const sandbox = await startSandbox(t);
  const token = await tokenOf(sandbox, 'ada');
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  assert.equal((await revoke(sandbox, `token=${token}`, form)).status, 200);
  assert.equal(await isAlive(sandbox, token), false);
  for (const again of [token, 'nonsense', 'x.y.z']) {
    assert.equal((await revoke(sandbox, { token: again })).status, 200);
  }
  for (const body of [{}, { token: '' }, { token: [token] }]) {
    assert.equal((await revoke(sandbox, body)).status, 400);
  }
});

it('a token with a broken signature revokes nothing', async (t) => {
  const sandbox = await startSandbox(t);
  const token = await tokenOf(sandbox, 'ada');
  const broken = `${token.slice(0, token.lastIndexOf('.'))}.${Buffer.alloc(96).toString('base64url')}`;
  assert.equal((await revoke(sandbox, { token: broken })).status, 200);
  assert.equal(await isAlive(sandbox, token), true);
});

it('what was exchanged for a token dies with it', async (t) => {
  const sandbox = await startSandbox(t, { allowedOrigins: [PORTAL] });
  const token = await tokenOf(sandbox, 'ada');
  const body = {
    subject_token: token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    purpose: 'websocket',
    client_id: sandbox.impersonationClient.clientId,
  };
  accessToken(await postToken(sandbox, body, { origin: PORTAL }));
  const admin = await adminToken(sandbox);
  const url = `${sandbox.url}/api/v1/oauth-tokens?userId=${sandbox.users[0]?.id}`;
  const count = async () => (await call(url, { token: admin })).json<{ data: Json[] }>().data.length;
  assert.equal(await count(), 2);
  await revoke(sandbox, { token });
  assert.equal(await count(), 0);
});

it('users see and revoke their own tokens, administrators those of everybody', async (t) => {
  const sandbox = await startSandbox(t);
  const [ada, bruno] = [await tokenOf(sandbox, 'ada'), await tokenOf(sandbox, 'bruno')];
  const admin = await adminToken(sandbox);
  const url = `${sandbox.url}/api/v1/oauth-tokens`;
  const list = async (token: string, query = '') =>
    (await call(url + query, { token })).json<{ data: { id: string; userId: string }[] }>().data;
  const [adaId, brunoId] = sandbox.users.map((user) => user.id);

  assert.deepEqual(
    (await list(ada)).map((token) => token.userId),
    [adaId],
  );
  assert.equal((await list(admin)).length, 3);
  assert.equal((await call(`${url}?userId=${brunoId}`, { token: ada })).status, 403);
  const [brunos] = await list(admin, `?userId=${brunoId}`);
  const remove = (token: string) => call(`${url}/${brunos?.id}`, { method: 'DELETE', token });
  assert.equal((await remove(ada)).status, 403);
  assert.equal((await remove(admin)).status, 204);
  assert.equal(await isAlive(sandbox, bruno), false);
  assert.equal((await remove(admin)).status, 404);
  assert.equal(await isAlive(sandbox, ada), true);
});

it('the tokens of a user who is disabled or deleted, or of a deleted client, are refused', async (t) => {
  const sandbox = await startSandbox(t);
  const admin = await adminToken(sandbox);
  const tokens = await Promise.all(['ada', 'bruno', 'chiyo'].map((subject) => tokenOf(sandbox, subject)));
  const [ada, bruno] = sandbox.users;
  const url = `${sandbox.url}/api/v1`;
  const disable = [{ op: 'replace', path: '/status', value: 'disabled' }];
  await call(`${url}/users/${ada?.id}`, { method: 'PATCH', token: admin, body: disable });
  await call(`${url}/users/${bruno?.id}`, { method: 'DELETE', token: admin });
  assert.equal(await isAlive(sandbox, tokens[0] ?? ''), false);
  assert.equal(await isAlive(sandbox, tokens[1] ?? ''), false);
  assert.equal(await isAlive(sandbox, tokens[2] ?? ''), true);
  await call(`${url}/oauth-clients/${sandbox.impersonationClient.clientId}`, {
    method: 'DELETE',
    token: admin,
  });
  assert.equal(await isAlive(sandbox, tokens[2] ?? ''), false);
});
