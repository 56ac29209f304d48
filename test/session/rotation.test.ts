import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createTestService, SECRET_A, SECRET_B, type TestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';
import { assertKept, assertProblem, assertRemoved, COOKIE, cookieFate, setCookies } from './browser.ts';
import { createStoreProbe, type StoreProbe, WRITES } from './store-probe.ts';

/** The calls that go on with a session; those that open and end sessions give the browser another cookie, or none. */
const READ = [
  { method: 'GET', url: '/session' },
  { method: 'GET', url: '/qlik-token' },
  { method: 'POST', url: '/qlik-token', payload: { rejected: true } },
  { method: 'GET', url: '/qlik-config' },
] as const;

describe('given SESSION_SECRET rotated from the old one to [new, old]', () => {
  for (const request of READ) {
    const name = `${request.method} ${request.url}`;

    test(`${name} goes on, and hands the cookie out once, signed with the new secret`, async (t) => {
      const { after, onlyNew, cookie } = await rotated(t);

      const response = await after.fetch({ ...request, cookie });

      assert.equal(response.statusCode, 200);
      assert.equal(setCookies(response).length, 1, 'one Set-Cookie is enough');
      const renewed = headerIn(response);
      assert.notEqual(renewed, cookie);
      assert.equal((await onlyNew.fetch({ url: '/session', cookie: renewed })).statusCode, 200);
    });

    test(`${name} leaves a cookie alone that is already signed with the new secret`, async (t) => {
      const { after, cookie } = await rotated(t);
      const renewed = headerIn(await after.fetch({ url: '/session', cookie }));

      assertKept(await after.fetch({ ...request, cookie: renewed }));
    });
  }

  // Guards against a late answer that overwrites the cookie of whoever signed in, or out, meanwhile.
  test('a token that cannot be had hands no cookie out', async (t) => {
    const { after, cookie } = await rotated(t);
    after.sandbox.faults.add({ match: { path: '/oauth/token' }, effect: { type: 'status', status: 429 } });

    const response = await after.fetch({ url: '/qlik-token', cookie });

    assertProblem(response, 503, 'tenant_throttled');
    assertKept(response);
  });

  for (const [what, payload, status] of [
    ['an unknown user', { user: 'nobody' }, 400],
    ['a malformed body', { usr: 'ada' }, 400],
  ] as const) {
    test(`a sign-in that fails for ${what} signs nobody out, and the next call goes on`, async (t) => {
      const { after, onlyNew, cookie } = await rotated(t);

      const failed = await after.fetch({ method: 'POST', url: '/login', cookie, payload });

      assert.equal(failed.statusCode, status);
      assertKept(failed);
      const renewed = headerIn(await after.fetch({ url: '/session', cookie }));
      assert.equal((await onlyNew.fetch({ url: '/session', cookie: renewed })).statusCode, 200);
    });
  }

  test('a token that comes too late leaves the cookie alone: the browser may have another by then', async (t) => {
    const { after, cookie } = await rotated(t);
    const effect = { type: 'latency', delayMs: 150 } as const;
    after.sandbox.faults.add({ match: { path: '/oauth/token' }, times: 1, effect });
    const slow = after.fetch({ url: '/qlik-token', cookie });
    await until(() => after.mints() === 1);
    await after.fetch({ method: 'POST', url: '/logout', cookie });

    assertProblem(await slow, 401, 'session_expired');
    assertKept(await slow);
  });

  test('a sign-out ends the session and removes the cookie', async (t) => {
    const { after, cookie } = await rotated(t);

    const response = await after.fetch({ method: 'POST', url: '/logout', cookie });

    assert.equal(response.statusCode, 200);
    assertRemoved(response);
    assertProblem(await after.fetch({ url: '/session', cookie }), 401, 'session_expired');
  });

  test('a sign-in as another user ends the old session and leaves the browser with the new one', async (t) => {
    const { after, onlyNew, cookie } = await rotated(t);

    const response = await after.fetch({ method: 'POST', url: '/login', cookie, payload: { user: 'bruno' } });

    assert.equal(response.statusCode, 204);
    assert.equal(setCookies(response).length, 1, 'one Set-Cookie is enough');
    const session = await onlyNew.fetch({ url: '/session', cookie: headerIn(response) });
    assert.equal(session.json().user.id, 'bruno');
    assertProblem(await after.fetch({ url: '/session', cookie }), 401, 'session_expired');
  });

  test('signing a cookie anew writes nothing: the record knows nothing of secrets', async (t) => {
    const { after, store, cookie } = await rotated(t);

    for (const request of READ) await after.fetch({ ...request, cookie });

    // A token that was minted is put where replicas share it.
    assert.equal(store.count(...WRITES.filter((method) => method !== 'put')), 0);
  });

  // Guards against two tabs that open at once after a rotation: the slower one was answered 503.
  test('several failed sign-ins at once are all answered as such', async (t) => {
    const { after, cookie } = await rotated(t);

    const pages = await Promise.all(
      Array.from({ length: 5 }, () =>
        after.fetch({ method: 'POST', url: '/login', payload: { user: 'nobody' }, cookie }),
      ),
    );

    assert.deepEqual(
      pages.map(({ statusCode }) => statusCode),
      [400, 400, 400, 400, 400],
    );
  });

  // Guards against a double click on "sign out" right after a rotation.
  test('two sign-outs at once both succeed', async (t) => {
    const { after, store, cookie } = await rotated(t);
    const reads = store.hold('peek');
    const both = [1, 2].map(() => after.fetch({ method: 'POST', url: '/logout', cookie }));
    while (reads.waiting < 2) await new Promise(setImmediate);
    reads.release();

    for (const response of await Promise.all(both)) {
      assert.equal(response.statusCode, 200);
      assertRemoved(response);
    }
  });

  test('a sign-out everywhere finds the sessions that were opened under the old secret', async (t) => {
    const { after, cookie } = await rotated(t);
    const fresh = await after.login('ada');

    await after.fetch({ method: 'POST', url: '/logout', cookie: fresh, payload: { everywhere: true } });

    assertProblem(await after.fetch({ url: '/session', cookie }), 401, 'session_expired');
  });
});

describe('given SESSION_SECRET with the old secret dropped', () => {
  for (const request of READ) {
    test(`${request.method} ${request.url} answers a clean 401 and removes the cookie`, async (t) => {
      const { onlyNew, cookie } = await rotated(t);

      const response = await onlyNew.fetch({ ...request, cookie });

      assertProblem(response, 401, 'session_required');
      assertRemoved(response);
    });
  }

  test('the user signs in again, and the browser has a cookie that works', async (t) => {
    const { onlyNew, cookie } = await rotated(t);

    const response = await onlyNew.fetch({
      method: 'POST',
      url: '/login',
      cookie,
      payload: { user: 'ada' },
    });

    assert.equal((await onlyNew.fetch({ url: '/session', cookie: headerIn(response) })).statusCode, 200);
  });
});

interface Rotation {
  /** Signs with the new secret, takes both. */
  readonly after: TestService;
  /** Takes the new secret only. */
  readonly onlyNew: TestService;
  readonly store: StoreProbe;
  /** Of a user who signed in before. */
  readonly cookie: string;
}

async function rotated(t: TestContext): Promise<Rotation> {
  const store = createStoreProbe();
  const withSecrets = (secrets: string) => createTestService(t, { store, env: { SESSION_SECRET: secrets } });
  const before = await withSecrets(SECRET_A);
  const cookie = await before.login('ada');
  store.clear();
  return {
    after: await withSecrets(`${SECRET_B},${SECRET_A}`),
    onlyNew: await withSecrets(SECRET_B),
    store,
    cookie,
  };
}

function headerIn(response: Awaited<ReturnType<TestService['fetch']>>): string {
  const fate = cookieFate(response, COOKIE);
  assert.ok('header' in fate, `no cookie was set: ${JSON.stringify(fate)}`);
  return fate.header;
}
