import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTestService, type TestService } from '../support/test-service.ts';

const ME = { path: '/api/v1/users/me' };

async function token(service: TestService, cookie: string): Promise<string> {
  return (await service.fetch({ url: '/qlik-token', cookie })).json().access_token;
}

function reject(service: TestService, cookie: string) {
  return service.fetch({ method: 'POST', url: '/qlik-token', cookie, payload: { rejected: true } });
}

async function revokeAtTenant(service: TestService, accessToken: string): Promise<void> {
  const response = await fetch(`${service.sandbox.url}/oauth/revoke`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: accessToken }),
  });
  assert.equal(response.status, 200);
}

describe('a page that says its token was rejected', () => {
  test('gets another one when the tenant refuses the old', async (t) => {
    const service = await createTestService(t);
    const cookie = await service.login('ada');
    const first = await token(service, cookie);
    await revokeAtTenant(service, first);

    const response = await reject(service, cookie);

    assert.equal(response.statusCode, 200);
    assert.notEqual(response.json().access_token, first);
    assert.equal(service.mints(), 2);
  });

  test('gets the same one when the tenant takes it, and one warning names the allowed origins', async (t) => {
    const service = await createTestService(t);
    const cookie = await service.login('ada');
    const first = await token(service, cookie);

    for (let time = 0; time < 10; time += 1) {
      assert.equal((await reject(service, cookie)).json().access_token, first);
    }

    assert.equal(service.mints(), 1);
    assert.equal(service.sandbox.calls.count(ME), 1);
    const warnings = service.logged.filter((line) => line.includes('allowed origins'));
    assert.equal(warnings.length, 1);
    assert.ok(warnings[0]?.includes(service.origin));
  });

  test('gets the same one when the tenant is in trouble', async (t) => {
    for (const status of [403, 404, 429, 500, 503]) {
      const service = await createTestService(t);
      const cookie = await service.login('ada');
      const first = await token(service, cookie);
      service.sandbox.faults.add({ match: ME, effect: { type: 'status', status } });
      assert.equal((await reject(service, cookie)).json().access_token, first, String(status));
      assert.equal(service.mints(), 1);
    }
  });

  test('gets the same one within seconds when the tenant hangs', async (t) => {
    const service = await createTestService(t);
    const cookie = await service.login('ada');
    const first = await token(service, cookie);
    service.sandbox.faults.add({ match: ME, effect: { type: 'hang' } });
    assert.equal((await reject(service, cookie)).json().access_token, first);
  });

  test('five times at once costs one question and one mint', async (t) => {
    const service = await createTestService(t);
    const cookie = await service.login('ada');
    await revokeAtTenant(service, await token(service, cookie));
    const responses = await Promise.all(Array.from({ length: 5 }, () => reject(service, cookie)));
    assert.equal(new Set(responses.map((response) => response.json().access_token)).size, 1);
    assert.equal(service.sandbox.calls.count(ME), 1);
    assert.equal(service.mints(), 2);
  });

  test('needs exactly the documented body', async (t) => {
    const service = await createTestService(t);
    const cookie = await service.login('ada');
    for (const payload of [
      '{}',
      '{"rejected":"true"}',
      '{"rejected":false}',
      '[]',
      'null',
      '{',
      '{"__proto__":{"rejected":true}}',
    ]) {
      const response = await service.fetch({
        method: 'POST',
        url: '/qlik-token',
        cookie,
        headers: { 'content-type': 'application/json' },
        payload,
      });
      assert.equal(response.statusCode, 400, payload);
      assert.equal(response.json().code, 'bad_request');
    }
    const text = await service.fetch({
      method: 'POST',
      url: '/qlik-token',
      cookie,
      headers: { 'content-type': 'text/plain' },
      payload: '{"rejected":true}',
    });
    assert.equal(text.statusCode, 415);
  });
});
