import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { newSessionId } from '../../src/session/session-id.ts';
import { createTestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';
import { assertKept, assertProblem, setCookies } from './browser.ts';
import { createStoreProbe, type StoreProbe, WRITES } from './store-probe.ts';

const READ = [
  { method: 'GET', url: '/session' },
  { method: 'GET', url: '/qlik-token' },
  { method: 'POST', url: '/qlik-token', payload: { rejected: true } },
  { method: 'GET', url: '/qlik-config' },
] as const;

describe('the current session', () => {
  for (const request of READ) {
    test(`given ${request.method} ${request.url}, nothing is written, and the cookie stays`, async (t) => {
      const { service, store, cookie } = await loggedIn(t);
      await service.fetch({ url: '/qlik-token', cookie });
      store.clear();

      const response = await service.fetch({ ...request, cookie });

      assert.equal(response.statusCode, 200);
      assertKept(response);
      assert.equal(store.count(...WRITES), 0);
    });

    // Guards against a slow request that brings back the session that was ended meanwhile.
    test(`given a sign-out that overtakes ${request.method} ${request.url}, the session stays dead`, async (t) => {
      const { service, store, cookie } = await loggedIn(t);
      const [key = ''] = created(store);
      const held = store.hold(request.url === '/session' ? 'peek' : 'use');
      const slow = service.fetch({ ...request, cookie });
      await until(() => held.waiting === 1);

      await store.remove(key);
      held.release();

      assertProblem(await slow, 401, 'session_expired');
      assert.equal(await store.peek(key), undefined);
      assert.equal(store.count('create'), 1);
    });
  }
});

describe('sign-ins and sign-outs that meet', () => {
  test('given two sign-ins at once with one old session, each opens one, and the old one ends once', async (t) => {
    const { service, store, cookie } = await loggedIn(t);
    const held = store.hold('remove');
    const logins = [1, 2].map(() =>
      service.fetch({ method: 'POST', url: '/login', cookie, payload: { user: 'ada' } }),
    );
    await until(() => held.waiting === 2);
    held.release();

    const cookies = (await Promise.all(logins)).map((response) => headerIn(response));
    assert.equal(new Set(cookies).size, 2);
    for (const each of cookies)
      assert.equal((await service.fetch({ url: '/session', cookie: each })).statusCode, 200);
    assertProblem(await service.fetch({ url: '/session', cookie }), 401, 'session_expired');
    assert.equal(service.entries('session.opened').length, 3);
    assert.deepEqual(
      service.entries('session.ended').map(({ reason }) => reason),
      ['replaced'],
    );
  });

  test('given a sign-out while a sign-in replaces the session, only the new one is left', async (t) => {
    const { service, store, cookie } = await loggedIn(t);
    const held = store.hold('remove');
    const login = service.fetch({ method: 'POST', url: '/login', cookie, payload: { user: 'ada' } });
    const logout = service.fetch({ method: 'POST', url: '/logout', cookie });
    await until(() => held.waiting === 2);
    held.release();

    assert.equal((await logout).statusCode, 200);
    const fresh = headerIn(await login);
    assert.equal((await service.fetch({ url: '/session', cookie: fresh })).statusCode, 200);
    assert.equal(service.entries('session.ended').length, 1);
    assert.equal((await Promise.all(created(store).map((key) => store.peek(key)))).filter(Boolean).length, 1);
  });
});

test('given 100 sign-ins, no two sessions have the same id, and none can be guessed', async (t) => {
  const { service, store } = await loggedIn(t);
  for (let n = 0; n < 99; n += 1) await service.login('ada');

  assert.equal(new Set(created(store)).size, 100);
  const ids = Array.from({ length: 100 }, () => newSessionId({ id: 'ada' }));
  const secrets = ids.map((id) => Buffer.from(id.slice(16), 'base64url'));
  for (const secret of secrets) assert.ok(secret.length >= 16, 'at least 128 bits');
  // Of as many bits of chance, each is set about every other time.
  for (let bit = 0; bit < 128; bit += 1) {
    const set = secrets.filter((secret) => ((secret[bit >> 3] as number) >> (bit & 7)) & 1).length;
    assert.ok(set > 10 && set < 90, `bit ${bit} is set ${set} times`);
  }
});

/** The keys of the records that were created, in order. */
function created(store: StoreProbe): string[] {
  return store.calls.filter((call) => call.startsWith('create ')).map((call) => call.slice(7));
}

function headerIn(response: Parameters<typeof setCookies>[0]): string {
  const [cookie, ...others] = setCookies(response);
  assert.ok(cookie);
  assert.deepEqual(others, []);
  return `${cookie.name}=${cookie.value}`;
}

async function loggedIn(t: TestContext) {
  const store = createStoreProbe();
  const service = await createTestService(t, { store });
  return { service, store, cookie: await service.login('ada') };
}
