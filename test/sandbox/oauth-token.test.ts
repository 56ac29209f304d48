import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import {
  type Answer,
  accessToken,
  adminToken,
  call,
  codes,
  credentials,
  IMPERSONATION,
  impersonate,
  postToken,
  startSandbox,
  tokenOf,
} from './tenant-client.ts';

it('an impersonation token verifies against the published keys and says whose it is', async (t) => {
  const sandbox = await startSandbox(t);
  const answer = await impersonate(sandbox, 'subject', 'ada');
  const token = accessToken(answer);
  const metadata = (await call(`${sandbox.url}/.well-known/oauth-authorization-server`)).json();
  assert.equal(metadata.issuer, sandbox.url);
  assert.equal(metadata.token_endpoint, `${sandbox.url}/oauth/token`);
  assert.equal(metadata.revocation_endpoint, `${sandbox.url}/oauth/revoke`);
  const keys = createLocalJWKSet((await call(String(metadata.jwks_uri))).json<JSONWebKeySet>());
  const { payload } = await jwtVerify(token, keys, {
    algorithms: ['ES384'],
    issuer: sandbox.url,
    audience: 'qlik.api',
  });
  const ada = sandbox.users.find((user) => user.subject === 'ada');
  assert.equal(payload.sub, ada?.id);
  assert.equal(payload.userId, ada?.id);
  assert.equal(payload.subType, 'user');
  assert.equal(payload.azp, sandbox.impersonationClient.clientId);
  assert.equal(payload.scope, 'user_default');
  assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 21_600);
  assert.ok(token.length > 1000 && token.length < 1500, `${token.length} bytes`);
  assert.equal(answer.json().expires_at, new Date((payload.exp ?? 0) * 1000).toISOString());
});

it('the published keys hold no private part', async (t) => {
  const sandbox = await startSandbox(t);
  const { keys } = (await call(`${sandbox.url}/.well-known/jwks.json`)).json<{ keys: object[] }>();
  assert.deepEqual(Object.keys(keys[0] ?? {}).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
});

it('two tokens of one user differ', async (t) => {
  const sandbox = await startSandbox(t);
  const [one, two] = [await tokenOf(sandbox, 'ada'), await tokenOf(sandbox, 'ada')];
  assert.notEqual(decodeJwt(one).jti, decodeJwt(two).jti);
});

it('an altered or unsigned token is refused', async (t) => {
  const sandbox = await startSandbox(t);
  const token = await tokenOf(sandbox, 'ada');
  const [, payload, signature] = token.split('.');
  const none = Buffer.from('{"alg":"none"}').toString('base64url');
  const bruno = sandbox.users.find((user) => user.subject === 'bruno');
  const forged = Buffer.from(JSON.stringify({ ...decodeJwt(token), sub: bruno?.id })).toString('base64url');
  const header = token.split('.')[0];
  for (const bad of [`${none}.${payload}.`, `${header}.${forged}.${signature}`, 'x.y.z', '']) {
    assert.equal((await call(`${sandbox.url}/api/v1/users/me`, { token: bad })).status, 401);
  }
  assert.equal((await call(`${sandbox.url}/api/v1/users/me`)).status, 401);
  assert.equal((await call(`${sandbox.url}/api/v1/users/me`, { token })).status, 200);
});

it('a token of another sandbox is refused', async (t) => {
  const [one, two] = [await startSandbox(t), await startSandbox(t)];
  const token = await tokenOf(one, 'ada');
  assert.equal((await call(`${two.url}/api/v1/users/me`, { token })).status, 401);
});

it('a token is refused once its six hours are over', async (t) => {
  let now = Date.UTC(2030, 0, 1);
  const sandbox = await startSandbox(t, { now: () => now });
  const token = await tokenOf(sandbox, 'ada');
  now += 21_599_000;
  assert.equal((await call(`${sandbox.url}/api/v1/users/me`, { token })).status, 200);
  now += 1000;
  assert.equal((await call(`${sandbox.url}/api/v1/users/me`, { token })).status, 401);
});

it('the Date header follows the clock of the sandbox', async (t) => {
  const sandbox = await startSandbox(t, { now: () => Date.UTC(2030, 0, 1) });
  const answer = await call(`${sandbox.url}/.well-known/jwks.json`);
  assert.equal(answer.headers.get('date'), 'Tue, 01 Jan 2030 00:00:00 GMT');
});

it('bad credentials, an unknown user and a scope of others are one and the same 401', async (t) => {
  const sandbox = await startSandbox(t);
  const good = credentials(sandbox.impersonationClient);
  const lookup = { field: 'subject', value: 'nobody-by-that-name' };
  const request = { ...good, grant_type: IMPERSONATION, user_lookup: lookup };
  const ada = { ...request, user_lookup: { field: 'subject', value: 'ada' } };
  const answers = [
    await postToken(sandbox, request),
    await postToken(sandbox, { ...ada, client_secret: 'wrong' }),
    await postToken(sandbox, { ...ada, client_id: 'unknown' }),
    await postToken(sandbox, { ...ada, scope: 'admin_classic' }),
    await postToken(sandbox, { ...ada, user_lookup: { field: 'subject', value: 'ADA' } }),
    await postToken(sandbox, { ...ada, user_lookup: { field: 'userId', value: '__proto__' } }),
  ];
  const shape = (answer: Answer) => ({ ...answer.json(), traceId: '', status: answer.status });
  const expected = {
    errors: [{ code: 'HTTP-401', title: 'Unauthorized', status: '401' }],
    traceId: '',
    status: 401,
  };
  for (const answer of answers) assert.deepEqual(shape(answer), expected);
  assert.doesNotMatch(answers[0]?.text ?? '', /nobody/);
});

it('a disabled user, a client without the grant and one without trust are one and the same 403', async (t) => {
  const sandbox = await startSandbox(t);
  const token = await adminToken(sandbox);
  const created = await call(`${sandbox.url}/api/v1/oauth-clients`, {
    method: 'POST',
    token,
    body: {
      appType: 'web',
      clientName: 'untrusted',
      allowedScopes: ['user_default'],
      allowedGrantTypes: [IMPERSONATION],
    },
  });
  const untrusted = credentials(created.json() as { clientId: string; clientSecret: string });
  const ada = { grant_type: IMPERSONATION, user_lookup: { field: 'subject', value: 'ada' } };
  const answers = [
    await impersonate(sandbox, 'subject', 'erik'),
    await postToken(sandbox, { ...untrusted, ...ada }),
    await postToken(sandbox, { ...credentials(sandbox.managementClient), ...ada }),
    await postToken(sandbox, { ...untrusted, grant_type: 'client_credentials' }),
  ];
  for (const answer of answers) {
    assert.equal(answer.status, 403);
    assert.deepEqual(codes(answer), ['HTTP-403']);
  }
});

it('a request that makes no sense is a 400 in the shape of Qlik', async (t) => {
  const sandbox = await startSandbox(t);
  const good = credentials(sandbox.impersonationClient);
  const ada = { field: 'subject', value: 'ada' };
  const requests: unknown[] = [
    {},
    [],
    { ...good },
    { ...good, grant_type: 'password' },
    { ...good, grant_type: ['client_credentials'] },
    { ...good, grant_type: IMPERSONATION },
    { ...good, grant_type: IMPERSONATION, user_lookup: { field: 'email', value: 'ada@example.com' } },
    { ...good, grant_type: IMPERSONATION, user_lookup: { field: 'subject', value: '' } },
    { ...good, grant_type: IMPERSONATION, user_lookup: { field: 'subject', value: ['ada'] } },
    { ...good, grant_type: IMPERSONATION, user_lookup: ada, scope: 7 },
  ];
  for (const request of requests) {
    const answer = await postToken(sandbox, request);
    assert.equal(answer.status, 400, JSON.stringify(request));
    assert.deepEqual(codes(answer), ['HTTP-400']);
    assert.match(String(answer.json().traceId), /^[0-9a-f]{32}$/);
  }
});

it('a scope narrows what the client has, and without one everything is inherited', async (t) => {
  const sandbox = await startSandbox(t);
  const request = { ...credentials(sandbox.managementClient), grant_type: 'client_credentials' };
  assert.equal((await postToken(sandbox, request)).json().scope, 'admin_classic user_default');
  const narrowed = await postToken(sandbox, { ...request, scope: 'user_default' });
  assert.equal(narrowed.json().scope, 'user_default');
  const users = `${sandbox.url}/api/v1/users`;
  assert.equal((await call(users, { token: accessToken(narrowed) })).status, 403);
  assert.equal((await call(users, { token: await adminToken(sandbox) })).status, 200);
});

it('a form says the same as JSON', async (t) => {
  const sandbox = await startSandbox(t);
  const form = new URLSearchParams({
    ...credentials(sandbox.impersonationClient),
    grant_type: IMPERSONATION,
    'user_lookup[field]': 'subject',
    'user_lookup[value]': 'ada',
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await postToken(sandbox, form.toString(), headers);
  assert.equal(decodeProtectedHeader(accessToken(answer)).alg, 'ES384');
  assert.equal(sandbox.calls.count({ grantType: IMPERSONATION, lookup: 'ada' }), 1);
  form.append('client_id', 'another');
  assert.equal((await postToken(sandbox, form.toString(), headers)).status, 400);
});

it('client credentials act as the bot of the client', async (t) => {
  const sandbox = await startSandbox(t);
  const me = await call(`${sandbox.url}/api/v1/users/me`, { token: await adminToken(sandbox) });
  const { clientId } = sandbox.managementClient;
  assert.equal(me.json().subject, `qlikbot\\${clientId}`);
  assert.equal(me.json().clientId, clientId);
});
