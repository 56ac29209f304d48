import assert from 'node:assert/strict';
import { it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { message, openHttp, PATIENCE_MS, sendTo, startRawTenant } from './raw-tenant.ts';

const json = { 'content-type': 'application/json' };

it('an answer arrives with its status, headers and body', async (t) => {
  const response = await sendTo(t, (socket) =>
    socket.end(message('200 OK', { ...json, 'content-length': 11 }, '{"a":"\u00e4"}'.padEnd(10))),
  );
  assert.equal(response.status, 200);
  assert.equal(response.headers['content-type'], 'application/json');
  assert.deepEqual(JSON.parse(response.body), { a: 'ä' });
});

for (const status of [204, 400, 401, 403, 404, 429, 500, 503]) {
  it(`a ${status} is an answer`, async (t) => {
    const response = await sendTo(t, (socket) => socket.end(message(`${status} X`, { 'content-length': 0 })));
    assert.equal(response.status, status);
  });
}

it('a request holds what was asked for, as JSON, and asks for no compression', async (t) => {
  const tenant = await startRawTenant(t, (socket) => socket.end(message('200 OK', { 'content-length': 0 })));
  const request = { method: 'POST', path: '/oauth/token', bearer: 'to.ken', json: { a: 'é"' } } as const;
  await openHttp(t, tenant.url).send(request, AbortSignal.timeout(PATIENCE_MS));
  const [head = '', body = ''] = Buffer.from(tenant.received(), 'latin1').toString().split('\r\n\r\n');
  const [line, ...headers] = head.toLowerCase().split('\r\n');
  assert.equal(line, 'post /oauth/token http/1.1');
  assert.deepEqual(headers.filter((header) => !header.startsWith('connection')).sort(), [
    'accept: application/json',
    'authorization: bearer to.ken',
    'content-length: 12',
    'content-type: application/json',
    `host: 127.0.0.1:${tenant.port}`,
  ]);
  assert.deepEqual(JSON.parse(body), { a: 'é"' });
});

it('a GET has no body and no content type', async (t) => {
  const tenant = await startRawTenant(t, (socket) => socket.end(message('200 OK', { 'content-length': 0 })));
  await openHttp(t, tenant.url).send(
    { method: 'GET', path: '/api/v1/users/me' },
    AbortSignal.timeout(PATIENCE_MS),
  );
  assert.doesNotMatch(tenant.received(), /content-|authorization/i);
  assert.match(tenant.received(), /^GET \/api\/v1\/users\/me HTTP\/1\.1\r\n/);
});

for (const status of [301, 302, 303, 307, 308]) {
  it(`a redirect with ${status} is not followed: the secret does not travel`, async (t) => {
    const elsewhere = await startRawTenant(t, (socket) =>
      socket.end(message('200 OK', { 'content-length': 0 })),
    );
    const location = `${elsewhere.url}/oauth/token`;
    const response = await sendTo(t, (socket) =>
      socket.end(message(`${status} Moved`, { location, 'content-length': 0 })),
    );
    assert.equal(response.status, status);
    assert.equal(elsewhere.connections, 0);
  });
}

it('a compressed body is not unpacked, so that a small one cannot become a large one', async (t) => {
  const bomb = gzipSync(Buffer.alloc(100_000_000));
  const response = await sendTo(t, (socket) => {
    socket.write(message('200 OK', { ...json, 'content-encoding': 'gzip', 'content-length': bomb.length }));
    socket.end(bomb);
  });
  assert.ok(response.body.length <= bomb.length, `${response.body.length} characters`);
});

it('a body of 256 KiB is taken', async (t) => {
  const size = 256 * 1024;
  const response = await sendTo(t, (socket) =>
    socket.end(message('200 OK', { 'content-length': size }, 'x'.repeat(size))),
  );
  assert.equal(response.body.length, size);
});

it('the tenant’s time follows the Date of its answers', async (t) => {
  const dates = ['Thu, 01 Jan 2026 12:10:00 GMT', 'garbage', undefined, 'Thu, 01 Jan 2026 11:00:00 GMT'];
  const tenant = await startRawTenant(t, (socket) => {
    const date = dates.shift();
    socket.end(message('200 OK', { ...(date && { date }), 'content-length': 0, connection: 'close' }));
  });
  let now = Date.parse('2026-01-01T12:00:00Z');
  const http = openHttp(t, tenant.url, undefined, () => now);
  const seen: string[] = [new Date(http.tenantNow()).toISOString()];
  for (let i = 0; i < 4; i += 1) {
    await http.send({ method: 'GET', path: '/' }, AbortSignal.timeout(PATIENCE_MS));
    now += 1_000;
    seen.push(new Date(http.tenantNow()).toISOString());
  }
  assert.deepEqual(seen, [
    '2026-01-01T12:00:00.000Z',
    '2026-01-01T12:10:01.000Z',
    '2026-01-01T12:10:02.000Z',
    '2026-01-01T12:10:03.000Z',
    '2026-01-01T11:00:01.000Z',
  ]);
});
