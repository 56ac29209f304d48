import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cookieOf, createTestService } from '../support/test-service.ts';

test('with a path in PUBLIC_URL every route lives under it, and nothing outside', async (t) => {
  const service = await createTestService(t, { env: { PUBLIC_URL: 'http://localhost:3000/analytics/' } });
  const login = await service.fetch({ method: 'POST', url: '/analytics/login', payload: { user: 'ada' } });
  const cookie = cookieOf(login);
  for (const path of ['/qlik-token', '/qlik-config', '/session', '/livez', '/readyz', '/login', '/']) {
    assert.equal((await service.fetch({ url: `/analytics${path}`, cookie })).statusCode, 200, path);
    assert.equal((await service.fetch({ url: path, cookie })).statusCode, 404, path);
  }
});

test('the root of that path is known with and without a slash, whatever the method', async (t) => {
  const service = await createTestService(t, { env: { PUBLIC_URL: 'http://localhost:3000/analytics/' } });
  for (const url of ['/analytics', '/analytics/']) {
    const { statusCode, headers } = await service.fetch({ method: 'POST', url });
    assert.deepEqual([statusCode, headers.allow], [405, 'GET'], url);
  }
});

test('the demo answers no other host than a name of this machine', async (t) => {
  const service = await createTestService(t);
  for (const [host, status] of [
    ['localhost', 200],
    ['localhost:3000', 200],
    ['127.0.0.1:3000', 200],
    ['[::1]:3000', 200],
    ['evil.example', 400],
    ['localhost.evil.example', 400],
    ['127.0.0.1.evil.example', 400],
  ] as const) {
    assert.equal((await service.fetch({ url: '/livez', headers: { host } })).statusCode, status, host);
  }
});

test('every answer carries the security headers', async (t) => {
  const service = await createTestService(t);
  for (const url of ['/', '/login', '/qlik-token', '/nothing', '/livez']) {
    const { headers } = await service.fetch({ url });
    assert.equal(headers['x-content-type-options'], 'nosniff', url);
    assert.equal(headers['referrer-policy'], 'same-origin');
    assert.match(String(headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/);
    assert.doesNotMatch(String(headers['content-security-policy']), /unsafe/);
    assert.equal(headers['x-powered-by'], undefined);
  }
});

test('a page may be sent on to a listed origin after its form', async (t) => {
  const service = await createTestService(t, { env: { ALLOWED_ORIGINS: 'http://app.localhost:4000' } });
  const { headers } = await service.fetch({ url: '/login?returnTo=http://app.localhost:4000/x' });
  assert.match(String(headers['content-security-policy']), /form-action 'self' http:\/\/app\.localhost:4000/);
});
