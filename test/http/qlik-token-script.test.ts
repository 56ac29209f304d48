import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestService } from '../support/test-service.ts';

test('the helper may be kept by any cache and loaded by any page, and needs no session', async (t) => {
  const service = await createTestService(t);
  const answer = await service.app.inject({ url: '/qlik-token.js', headers: { host: 'localhost' } });
  assert.equal(answer.statusCode, 200);
  assert.match(String(answer.headers['content-type']), /^text\/javascript/);
  assert.match(String(answer.headers['cache-control']), /^public, max-age=\d+/);
  assert.equal(answer.headers['cross-origin-resource-policy'], 'cross-origin');
  assert.equal(answer.headers['access-control-allow-origin'], '*');
  assert.equal(answer.headers['set-cookie'], undefined);
  assert.match(answer.body, /createTokenProvider/);
});

test('a listed origin may load the helper with credentials, any other without, and caches tell them apart', async (t) => {
  const listed = 'https://app.example';
  const service = await createTestService(t, { env: { ALLOWED_ORIGINS: listed } });
  const { etag } = (await service.fetch({ url: '/qlik-token.js' })).headers;
  const cases: [origin: string | undefined, allowed: string, credentials: string | undefined][] = [
    [listed, listed, 'true'],
    ['https://evil.example', '*', undefined],
    ['null', '*', undefined],
    [service.origin, '*', undefined],
    [undefined, '*', undefined],
  ];
  for (const [origin, allowed, credentials] of cases) {
    for (const known of [undefined, String(etag)]) {
      const answer = await service.fetch({
        url: '/qlik-token.js',
        headers: { ...(origin && { origin }), ...(known && { 'if-none-match': known }) },
      });
      assert.equal(answer.statusCode, known ? 304 : 200);
      assert.equal(answer.headers['access-control-allow-origin'], allowed, origin);
      assert.equal(answer.headers['access-control-allow-credentials'], credentials, origin);
      assert.equal(answer.headers.vary, 'Origin');
    }
  }
});

test('a cache that has the helper is told so in a few bytes', async (t) => {
  const service = await createTestService(t);
  const host = 'localhost';
  const first = await service.app.inject({ url: '/qlik-token.js', headers: { host } });
  const etag = String(first.headers.etag);
  for (const known of [etag, `"other", W/${etag}`]) {
    const again = await service.app.inject({
      url: '/qlik-token.js',
      headers: { host, 'if-none-match': known },
    });
    assert.deepEqual([again.statusCode, again.body, again.headers.etag], [304, '', etag]);
  }
  const changed = await service.app.inject({
    url: '/qlik-token.js',
    headers: { host, 'if-none-match': '"x"' },
  });
  assert.equal(changed.statusCode, 200);
});

test('under a path of PUBLIC_URL the helper lives there too', async (t) => {
  const service = await createTestService(t, { env: { PUBLIC_URL: 'http://localhost:3000/analytics' } });
  const headers = { host: 'localhost' };
  const under = await service.app.inject({ url: '/analytics/qlik-token.js', headers });
  assert.equal(under.statusCode, 200);
  assert.equal((await service.app.inject({ url: '/qlik-token.js', headers })).statusCode, 404);
});
