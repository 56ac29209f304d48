import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import seed from '../../src/sandbox/seed.json' with { type: 'json' };
import { adminToken, call, codes, postToken, startSandbox, tokenOf } from './tenant-client.ts';

it('a sandbox listens on loopback only', async (t) => {
  for (const host of ['0.0.0.0', '::', '192.168.1.1', '127.0.0.1.example.com', '127.evil.example', '']) {
    await assert.rejects(createSandbox({ host }), /loopback/, host);
  }
  for (const host of ['127.0.0.1', 'localhost']) {
    const sandbox = await startSandbox(t, { host });
    assert.equal(new URL(sandbox.url).hostname, host);
    assert.equal((await call(`${sandbox.url}/.well-known/jwks.json`)).status, 200);
  }
});

it('client ids are those of the seed file, secrets are new at each start', async (t) => {
  const [one, two] = [await startSandbox(t), await startSandbox(t)];
  assert.equal(one.impersonationClient.clientId, seed.clients.impersonation.clientId);
  assert.equal(two.managementClient.clientId, seed.clients.management.clientId);
  const secrets = [one, two].flatMap((sandbox) => [
    sandbox.impersonationClient.clientSecret,
    sandbox.managementClient.clientSecret,
  ]);
  assert.equal(new Set(secrets).size, 4);
  for (const secret of secrets) assert.match(secret, /^[0-9a-f]{64}$/);
});

it('the port that was asked for is the port', async (t) => {
  const first = await createSandbox();
  const port = Number(new URL(first.url).port);
  await first.close();
  const second = await startSandbox(t, { port });
  assert.equal(second.url, `http://127.0.0.1:${port}`);
  await assert.rejects(createSandbox({ port }), { code: 'EADDRINUSE' });
});

it('two sandboxes share nothing but the seed', async (t) => {
  const [one, two] = [await startSandbox(t), await startSandbox(t)];
  const [ada] = seed.users;
  const body = [{ op: 'replace', path: '/name', value: 'Changed' }];
  await call(`${one.url}/api/v1/users/${ada?.id}`, { method: 'PATCH', token: await adminToken(one), body });
  const name = async (sandbox: typeof one) =>
    (await call(`${sandbox.url}/api/v1/users/me`, { token: await tokenOf(sandbox, 'ada') })).json().name;
  assert.deepEqual([await name(one), await name(two)], ['Changed', ada?.name]);
});

it('malformed JSON, a poisoned key, another content type, a bad path: each is refused as Qlik would', async (t) => {
  const sandbox = await startSandbox(t);
  const json = { 'content-type': 'application/json' };
  for (const body of ['{', '{"__proto__":{"x":1}}', '{"constructor":{"prototype":{}}}', 'null', '"x"']) {
    const answer = await postToken(sandbox, body, json);
    assert.deepEqual([answer.status, codes(answer)], [400, ['HTTP-400']], body);
  }
  const xml = await postToken(sandbox, '<x/>', { 'content-type': 'application/xml' });
  assert.deepEqual([xml.status, codes(xml)], [415, ['HTTP-415']]);
  const path = await call(`${sandbox.url}/api/v1/users/%zz`);
  assert.deepEqual([path.status, codes(path)], [400, ['HTTP-400']]);
});

it('a body beyond the limit is refused', async (t) => {
  const sandbox = await startSandbox(t);
  const big = { grant_type: 'x'.repeat(300 * 1024) };
  const answer = await postToken(sandbox, big);
  assert.deepEqual([answer.status, codes(answer)], [413, ['HTTP-413']]);
  const form = await postToken(sandbox, new URLSearchParams(big).toString(), {
    'content-type': 'application/x-www-form-urlencoded',
  });
  assert.equal(form.status, 413);
});

it('an unknown route is a 404 in the shape of Qlik', async (t) => {
  const sandbox = await startSandbox(t);
  const token = await tokenOf(sandbox, 'ada');
  for (const [method, path] of [
    ['GET', '/'],
    ['GET', '/api/v1/reloads'],
    ['GET', '/oauth/token'],
    ['PUT', '/api/v1/users/me'],
  ] as const) {
    const answer = await call(sandbox.url + path, { method, token });
    assert.deepEqual([answer.status, codes(answer)], [404, ['HTTP-404']], path);
  }
});

it('the tenant says who it is, under me and under its id', async (t) => {
  const sandbox = await startSandbox(t);
  const token = await tokenOf(sandbox, 'ada');
  const read = (id: string) => call(`${sandbox.url}/api/v1/tenants/${id}`, { token });
  const me = (await read('me')).json();
  assert.deepEqual([me.id, me.name, me.region], [seed.tenant.id, seed.tenant.name, seed.tenant.region]);
  assert.deepEqual((await read(seed.tenant.id)).json(), me);
  assert.deepEqual(codes(await read('another')), ['TENANTS-8']);
});
