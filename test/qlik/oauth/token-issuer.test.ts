import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createTokenIssuer } from '../../../src/qlik/oauth/token-issuer.ts';
import { message, openHttp, PATIENCE_MS, startRawTenant } from '../raw-tenant.ts';

const now = () => Date.parse('2026-01-01T00:00:00Z');
const ada = { field: 'subject', value: 'ada' } as const;
const good = JSON.stringify({ access_token: 'opaque', token_type: 'bearer', expires_in: 21_600 });

/** An issuer in front of a tenant that gives the same answer to everything. */
async function createBench(
  t: TestContext,
  status: number,
  body: string | Buffer = '',
  headers: object = {},
  dated = false,
) {
  const content = Buffer.from(body);
  const tenant = await startRawTenant(t, (socket) => {
    socket.write(
      message(`${status} X`, { ...headers, 'content-length': content.length, connection: 'close' }),
    );
    socket.end(content);
  });
  let attempts = 0;
  const issuer = createTokenIssuer({
    http: openHttp(t, tenant.url, undefined, now),
    authentication: {
      async credentials() {
        attempts += 1;
        return { client_id: 'client', client_secret: `proof-${attempts}` };
      },
      dated,
    },
    scope: 'user_default',
  });
  const signal = AbortSignal.timeout(PATIENCE_MS);
  return { tenant, issuer, signal };
}

it('a mint asks for a token for that user and brings it', async (t) => {
  const { tenant, issuer, signal } = await createBench(t, 200, good);
  const issued = await issuer.mint(ada, signal);
  assert.equal(issued.accessToken, 'opaque');
  assert.equal(issued.lifetimeMs, 21_600_000);
  const [head = '', body = ''] = tenant.received().split('\r\n\r\n');
  assert.match(head, /^POST \/oauth\/token HTTP\/1\.1\r\n/);
  assert.deepEqual(JSON.parse(body), {
    client_id: 'client',
    client_secret: 'proof-1',
    grant_type: 'urn:qlik:oauth:user-impersonation',
    scope: 'user_default',
    user_lookup: { field: 'subject', value: 'ada' },
  });
});

it('each mint proves anew who the client is', async (t) => {
  const { tenant, issuer, signal } = await createBench(t, 200, good);
  await issuer.mint(ada, signal);
  await issuer.mint(ada, signal);
  assert.match(tenant.received(), /proof-1.*proof-2/s);
});

const unusable: [string, string | Buffer, object][] = [
  ['HTML', '<!doctype html><p>Sign in', { 'content-type': 'text/html' }],
  ['gzip', gzipSync(good), { 'content-encoding': 'gzip' }],
  ['a bomb of gzip', gzipSync(Buffer.alloc(50_000_000)), { 'content-encoding': 'gzip' }],
  ['two tokens', `{"access_token":"a",${good.slice(1)}`, {}],
];
for (const [what, body, headers] of unusable) {
  it(`given ${what} with status 200, a mint is a bad response`, async (t) => {
    const { issuer, signal } = await createBench(t, 200, body, headers);
    await assert.rejects(issuer.mint(ada, signal), { name: 'QlikError', code: 'bad_response' });
  });
}

it('given HTML with status 502, a mint is unavailable', async (t) => {
  const { issuer, signal } = await createBench(t, 502, '<html>Bad gateway');
  await assert.rejects(issuer.mint(ada, signal), { code: 'unavailable' });
});

it('given expires_at of a tenant whose clock is an hour ahead, the lifetime is right', async (t) => {
  const date = now() + 3_600_000;
  const body = JSON.stringify({
    access_token: 'opaque',
    token_type: 'bearer',
    expires_at: new Date(date + 600_000).toISOString(),
  });
  const { issuer, signal } = await createBench(t, 200, body, { date: new Date(date).toUTCString() });
  const { lifetimeMs } = await issuer.mint(ada, signal);
  assert.equal(lifetimeMs, 600_000);
});

const inTenMinutes = () => new Date(now() + 600_000).toUTCString();

it('given a tenant whose clock is ten minutes ahead, refused dated credentials are made again, once', async (t) => {
  const { issuer, signal } = await createBench(t, 401, '', { date: inTenMinutes() }, true);
  await assert.rejects(issuer.mint(ada, signal), { code: 'unavailable', details: { retryable: true } });
  await assert.rejects(issuer.mint(ada, signal), { code: 'refused' });
});

it('given a tenant whose clock is ten minutes ahead, a refused secret is refused', async (t) => {
  const { issuer, signal } = await createBench(t, 401, '', { date: inTenMinutes() });
  await assert.rejects(issuer.mint(ada, signal), { code: 'refused' });
});

it('given a tenant with our time, refused dated credentials are refused', async (t) => {
  const { issuer, signal } = await createBench(t, 401, '', { date: new Date(now()).toUTCString() }, true);
  await assert.rejects(issuer.mint(ada, signal), { code: 'refused' });
});

for (const [status, accepted] of [
  [200, true],
  [401, false],
  [403, true],
  [404, true],
  [302, true],
] as const) {
  it(`given a ${status}, a token counts as ${accepted ? 'accepted' : 'refused'}`, async (t) => {
    const { tenant, issuer, signal } = await createBench(t, status);
    assert.equal(await issuer.accepts('to.ken', signal), accepted);
    assert.match(
      tenant.received(),
      /^GET \/api\/v1\/users\/me HTTP\/1\.1\r\n.*authorization: Bearer to\.ken\r\n/s,
    );
    assert.doesNotMatch(tenant.received(), /proof/);
  });
}

for (const [status, code] of [
  [429, 'throttled'],
  [500, 'unavailable'],
  [503, 'unavailable'],
] as const) {
  it(`given a ${status}, whether a token is accepted is not known: ${code}`, async (t) => {
    const { issuer, signal } = await createBench(t, status);
    await assert.rejects(issuer.accepts('to.ken', signal), { name: 'QlikError', code });
  });
}

for (const status of [200, 204]) {
  it(`given a ${status}, a token is revoked`, async (t) => {
    const { tenant, issuer, signal } = await createBench(t, status);
    await issuer.revoke('to.ken', signal);
    const [head = '', body = ''] = tenant.received().split('\r\n\r\n');
    assert.match(head, /^POST \/oauth\/revoke HTTP\/1\.1\r\n/);
    assert.deepEqual(JSON.parse(body), { token: 'to.ken', token_type_hint: 'access_token' });
  });
}

for (const [status, code] of [
  [401, 'refused'],
  [429, 'throttled'],
  [302, 'bad_response'],
  [503, 'unavailable'],
] as const) {
  it(`given a ${status}, a token is not revoked: ${code}`, async (t) => {
    const { issuer, signal } = await createBench(t, status);
    await assert.rejects(issuer.revoke('to.ken', signal), { name: 'QlikError', code });
  });
}
