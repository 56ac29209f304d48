import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestService } from '../support/test-service.ts';

const APP = 'https://app.example';
const env = { ALLOWED_ORIGINS: `${APP},https://other.example` };

test('a listed origin may read the answer, with credentials and Retry-After', async (t) => {
  const service = await createTestService(t, { env });
  const cookie = await service.login('ada');
  const response = await service.fetch({ url: '/qlik-token', cookie, headers: { origin: APP } });
  assert.equal(response.statusCode, 200);
  assert.equal(response.headers['access-control-allow-origin'], APP);
  assert.equal(response.headers['access-control-allow-credentials'], 'true');
  assert.equal(response.headers['access-control-expose-headers'], 'Retry-After');
  assert.match(String(response.headers.vary), /Origin/);
});

test('a listed origin may read errors too', async (t) => {
  const service = await createTestService(t, { env });
  for (const url of ['/qlik-token', '/nothing-here', '/session', '/%zz']) {
    const response = await service.fetch({ url, headers: { origin: APP } });
    assert.equal(response.headers['access-control-allow-origin'], APP, url);
  }
});

test('an answer that not everybody may read says on what that depends', async (t) => {
  const service = await createTestService(t, { env });
  for (const url of ['/qlik-token', '/nothing-here', '/login', '/login?returnTo=%0d', '/livez']) {
    for (const origin of [APP, 'https://evil.example', undefined]) {
      const response = await service.fetch({ url, headers: origin ? { origin } : {} });
      assert.match(String(response.headers.vary), /\bOrigin\b/, `${url} from ${origin}`);
    }
  }
});

test('a listed origin’s preflight gets what our headers need', async (t) => {
  const service = await createTestService(t, { env });
  const response = await service.fetch({
    method: 'OPTIONS',
    url: '/qlik-token',
    headers: { origin: APP, 'access-control-request-method': 'POST' },
  });
  assert.equal(response.statusCode, 204);
  assert.equal(response.headers['access-control-allow-origin'], APP);
  assert.equal(response.headers['access-control-allow-headers'], 'authorization, content-type, x-csrf');
  assert.equal(response.headers['access-control-allow-methods'], 'GET, POST');
});

test('another origin’s preflight gets 204 and no permission', async (t) => {
  const service = await createTestService(t, { env });
  for (const origin of [
    'https://evil.example',
    'https://app.example.evil.example',
    'null',
    'http://app.example',
  ]) {
    const response = await service.fetch({ method: 'OPTIONS', url: '/qlik-token', headers: { origin } });
    assert.equal(response.statusCode, 204);
    const granted = Object.keys(response.headers).filter((name) => name.startsWith('access-control'));
    assert.deepEqual(granted, [], origin);
  }
});
