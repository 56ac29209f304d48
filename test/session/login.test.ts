import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTestService, type TestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';
import { assertKept, assertProblem, COOKIE, cookieFate } from './browser.ts';
import { createStoreProbe, WRITES } from './store-probe.ts';

describe('a sign-in', () => {
  // Guards against session fixation.
  test('given a cookie that was planted before it, gives another, and the planted one is worth nothing', async (t) => {
    const service = await createTestService(t);
    const planted = await service.login('bruno');

    const cookie = headerIn(await login(service, 'ada', planted));

    assert.notEqual(cookie, planted);
    assertProblem(await service.fetch({ url: '/session', cookie: planted }), 401, 'session_expired');
    assert.equal((await service.fetch({ url: '/session', cookie })).json().user.id, 'ada');
  });

  test('given the same user again, gives another cookie, and the old one is worth nothing', async (t) => {
    const service = await createTestService(t);
    const first = await service.login('ada');

    const second = headerIn(await login(service, 'ada', first));

    assert.notEqual(second, first);
    assertProblem(await service.fetch({ url: '/session', cookie: first }), 401, 'session_expired');
    assert.equal((await service.fetch({ url: '/session', cookie: second })).statusCode, 200);
  });

  test('given the same user again, keeps the token that is held', async (t) => {
    const service = await createTestService(t);
    const first = await service.login('ada');
    const token = (await service.fetch({ url: '/qlik-token', cookie: first })).json().access_token;

    const second = headerIn(await login(service, 'ada', first));

    const again = await service.fetch({ url: '/qlik-token', cookie: second });
    assert.equal(again.json().access_token, token);
    assert.equal(service.mints(), 1);
  });

  test('given another user in the same browser, forgets and revokes the first user’s token', async (t) => {
    const service = await createTestService(t);
    const first = await service.login('ada');
    await service.fetch({ url: '/qlik-token', cookie: first });

    const second = headerIn(await login(service, 'bruno', first));

    await until(() => service.entries('token.revoked').length === 1);
    assert.equal(service.entries('token.revoked')[0]?.subject, 'ada');
    const token = await service.fetch({ url: '/qlik-token', cookie: second });
    const claims = JSON.parse(Buffer.from(token.json().access_token.split('.')[1], 'base64url').toString());
    assert.equal(claims.sub, service.sandbox.users.find(({ subject }) => subject === 'bruno')?.id);
  });

  test('stores one record, and no anonymous one on the way', async (t) => {
    const store = createStoreProbe();
    const service = await createTestService(t, { store });

    await service.login('ada');
    assert.equal(store.count('create'), 1);
    assert.equal(store.count('replace'), 0);
  });

  test('given somebody who is signed in, leaves one record behind: the new one', async (t) => {
    const store = createStoreProbe();
    const service = await createTestService(t, { store });
    const first = await service.login('ada');

    await login(service, 'bruno', first);

    const keys = store.calls.filter((call) => call.startsWith('create ')).map((call) => call.slice(7));
    assert.equal(keys.length, 2);
    assert.equal(await store.peek(keys[0] ?? ''), undefined);
    assert.ok(await store.peek(keys[1] ?? ''));
  });

  for (const [what, payload] of [
    ['for an unknown user', { user: 'nobody' }],
    ['with a malformed body', { user: 1 }],
    ['with a line break in returnTo', { user: 'bruno', returnTo: '/\r\nx' }],
  ] as const) {
    test(`that fails ${what} leaves the session and the cookie as they are`, async (t) => {
      const store = createStoreProbe();
      const service = await createTestService(t, { store });
      const cookie = await service.login('ada');
      store.clear();

      const failed = await service.fetch({ method: 'POST', url: '/login', cookie, payload });

      assert.equal(failed.statusCode, 400);
      assertKept(failed);
      assert.equal(store.count(...WRITES), 0);
      assert.equal((await service.fetch({ url: '/session', cookie })).json().user.id, 'ada');
    });
  }
});

test('given 1,000 anonymous requests to every path, the store is not written to, nor read', async (t) => {
  const store = createStoreProbe();
  const service = await createTestService(t, {
    store,
    env: { RATE_LIMIT_SIGN_IN: '1000/min', LOG_LEVEL: 'silent' },
  });
  const requests = [
    { url: '/' },
    { url: '/login' },
    { url: '/session' },
    { url: '/qlik-token' },
    { url: '/qlik-config' },
    { url: '/livez' },
    { url: '/nothing-here' },
    { method: 'POST', url: '/qlik-token', payload: { rejected: true } },
    { method: 'POST', url: '/logout' },
    { method: 'POST', url: '/login', payload: { user: 'nobody' } },
  ] as const;

  for (let n = 0; n < 100; n++) {
    for (const request of requests) {
      const response = await service.fetch(request);
      assert.ok(response.statusCode < 500);
      const isLogout = request.url === '/logout';
      if (!isLogout) assert.equal(response.headers['set-cookie'], undefined);
    }
  }

  assert.deepEqual(store.calls, []);
});

type Response = Awaited<ReturnType<TestService['fetch']>>;

function login(service: TestService, user: string, cookie: string): Promise<Response> {
  return service.fetch({ method: 'POST', url: '/login', cookie, payload: { user } });
}

function headerIn(response: Response): string {
  const fate = cookieFate(response, COOKIE);
  assert.ok('header' in fate, `no cookie was set: ${response.body}`);
  return fate.header;
}
