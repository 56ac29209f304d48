import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { adminToken, call, type Json, postToken, startSandbox } from './tenant-client.ts';

const DEFINITION = {
  appType: 'web',
  clientName: 'portal',
  allowedScopes: ['user_default'],
  allowedGrantTypes: ['client_credentials'],
};

interface Created extends Json {
  clientId: string;
  clientSecret: string;
  clientSecretHint: string;
}

async function clientsApi(sandbox: Sandbox) {
  const token = await adminToken(sandbox);
  const url = `${sandbox.url}/api/v1/oauth-clients`;
  const send = (method: string, path = '', body?: unknown) =>
    call(url + path, { method, token, ...(body === undefined ? {} : { body }) });
  return {
    send,
    create: async (changes: Json = {}) =>
      (await send('POST', '', { ...DEFINITION, ...changes })).json<Created>(),
    /** The status of a client-credentials grant. */
    grant: async (id: string, secret: string) =>
      (await postToken(sandbox, { client_id: id, client_secret: secret, grant_type: 'client_credentials' }))
        .status,
  };
}

it('a secret is shown once and never again', async (t) => {
  const api = await clientsApi(await startSandbox(t));
  const { clientId, clientSecret, clientSecretHint } = await api.create();
  assert.equal(clientSecret.slice(0, 5), clientSecretHint);
  const read = await api.send('GET', `/${clientId}`);
  const list = await api.send('GET');
  for (const answer of [read, list]) {
    assert.equal(answer.status, 200);
    assert.doesNotMatch(answer.text, new RegExp(clientSecret));
    assert.doesNotMatch(answer.text, /digest|clientSecret"/);
  }
});

it('a client has five secrets at most, each of which works until it is deleted', async (t) => {
  const api = await clientsApi(await startSandbox(t));
  const { clientId, clientSecret, clientSecretHint } = await api.create();
  const secrets: Created[] = [];
  for (let count = 2; count <= 5; count += 1) {
    const answer = await api.send('POST', `/${clientId}/client-secrets`);
    assert.equal(answer.status, 201);
    secrets.push(answer.json<Created>());
  }
  assert.equal((await api.send('POST', `/${clientId}/client-secrets`)).status, 409);
  assert.equal((await api.send('DELETE', `/${clientId}/client-secrets/${clientSecretHint}`)).status, 204);
  assert.equal((await api.send('DELETE', `/${clientId}/client-secrets/${clientSecretHint}`)).status, 404);
  assert.equal(await api.grant(clientId, clientSecret), 401);
  for (const secret of secrets) assert.equal(await api.grant(clientId, secret.clientSecret), 200);
});

it('a call without a body may say that the body is JSON', async (t) => {
  const sandbox = await startSandbox(t);
  const id = sandbox.impersonationClient.clientId;
  const answer = await call(`${sandbox.url}/api/v1/oauth-clients/${id}/client-secrets`, {
    method: 'POST',
    token: await adminToken(sandbox),
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(answer.status, 201);
});

it('a patch changes what Qlik lets it change, wholly or not at all', async (t) => {
  const api = await clientsApi(await startSandbox(t));
  const { clientId } = await api.create();
  const good = {
    op: 'replace',
    path: '/allowedOrigins',
    value: ['https://a.example', 'http://localhost:3000'],
  };
  assert.equal((await api.send('PATCH', `/${clientId}`, [good])).status, 204);
  const bad: Json[] = [
    { op: 'replace', path: '/allowedOrigins', value: ['https://a.example/'] },
    { op: 'replace', path: '/allowedOrigins', value: ['*'] },
    { op: 'replace', path: '/allowedOrigins', value: 'https://a.example' },
    { op: 'replace', path: '/clientName', value: '' },
    { op: 'replace', path: '/allowedGrantTypes', value: ['password'] },
    { op: 'replace', path: '/redirectUris', value: ['nowhere'] },
    { op: 'replace', path: '/publicKeys', value: [{ kty: 'RSA' }] },
    { op: 'replace', path: '/publicKeys', value: [null] },
    { op: 'replace', path: '/appType', value: 'spa' },
    { op: 'move', path: '/clientName', value: 'x' },
  ];
  const rename = { op: 'replace', path: '/clientName', value: 'renamed' };
  for (const operation of bad) {
    const answer = await api.send('PATCH', `/${clientId}`, [rename, operation]);
    assert.equal(answer.status, 400, JSON.stringify(operation));
  }
  const read = (await api.send('GET', `/${clientId}`)).json();
  assert.deepEqual([read.clientName, read.allowedOrigins], ['portal', good.value]);
  assert.equal(
    (await api.send('PATCH', `/${clientId}`, [{ op: 'remove', path: '/allowedOrigins' }])).status,
    204,
  );
  assert.deepEqual((await api.send('GET', `/${clientId}`)).json().allowedOrigins, []);
});

it('a patch that brings the secret back answers 202 and a new secret', async (t) => {
  const api = await clientsApi(await startSandbox(t));
  const { clientId, clientSecretHint } = await api.create({ allowedAuthMethods: ['private_key_jwt'] });
  await api.send('DELETE', `/${clientId}/client-secrets/${clientSecretHint}`);
  const value = ['client_secret', 'private_key_jwt'];
  const answer = await api.send('PATCH', `/${clientId}`, [{ op: 'add', path: '/allowedAuthMethods', value }]);
  assert.equal(answer.status, 202);
  assert.equal(await api.grant(clientId, answer.json<Created>().clientSecret), 200);
});

it('consent is required until it is trusted, or trusted from the start', async (t) => {
  const api = await clientsApi(await startSandbox(t));
  const { clientId } = await api.create();
  const path = `/${clientId}/connection-configs/me`;
  const consent = async () => (await api.send('GET', path)).json().consentMethod;
  assert.equal(await consent(), 'required');
  const trusted = { op: 'replace', path: '/consentMethod', value: 'trusted' };
  assert.equal((await api.send('PATCH', path, [{ ...trusted, value: 'maybe' }])).status, 400);
  assert.equal((await api.send('PATCH', path, [trusted])).status, 204);
  assert.equal(await consent(), 'trusted');
  assert.equal((await api.send('DELETE', path)).status, 204);
  assert.equal(await consent(), 'required');
  const born = await api.create({ connectionConfig: { consentMethod: 'trusted' } });
  assert.equal(
    (await api.send('GET', `/${born.clientId}/connection-configs/me`)).json().consentMethod,
    'trusted',
  );
});

it('a client that is deleted is gone, with its bot user and its credentials', async (t) => {
  const sandbox = await startSandbox(t);
  const api = await clientsApi(sandbox);
  const { clientId, clientSecret } = await api.create();
  assert.equal(await api.grant(clientId, clientSecret), 200);
  assert.equal((await api.send('DELETE', `/${clientId}`)).status, 204);
  assert.equal(await api.grant(clientId, clientSecret), 401);
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/client-secrets'],
    ['POST', '/actions/publish'],
    ['GET', '/connection-configs/me'],
  ] as const) {
    assert.equal((await api.send(method, `/${clientId}${path}`)).status, 404, `${method} ${path}`);
  }
  const token = await adminToken(sandbox);
  const filter = encodeURIComponent(`clientId eq "${clientId}"`);
  const bots = await call(`${sandbox.url}/api/v1/users?filter=${filter}`, { token });
  assert.deepEqual(bots.json().data, []);
});

it('a creation that Qlik would refuse is a 400', async (t) => {
  const api = await clientsApi(await startSandbox(t));
  const changes: Json[] = [
    { appType: 'desktop' },
    { appType: undefined },
    { clientName: 7 },
    { clientName: '' },
    { appType: 'spa' },
    { allowedOrigins: ['portal.example'] },
    { connectionConfig: { consentMethod: 'required' } },
  ];
  for (const change of changes) {
    const answer = await api.send('POST', '', { ...DEFINITION, ...change });
    assert.equal(answer.status, 400, JSON.stringify(change));
  }
});

it('a published client keeps the time of its first publication', async (t) => {
  let now = Date.UTC(2030, 0, 1);
  const api = await clientsApi(await startSandbox(t, { now: () => now }));
  const { clientId } = await api.create();
  const first = await api.send('POST', `/${clientId}/actions/publish`);
  assert.deepEqual([first.status, first.json().publishedAt], [201, '2030-01-01T00:00:00.000Z']);
  now += 1000;
  assert.equal(
    (await api.send('POST', `/${clientId}/actions/publish`)).json().publishedAt,
    first.json().publishedAt,
  );
});
