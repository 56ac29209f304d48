import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createTestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';
import { assertKept, assertProblem } from './browser.ts';
import { createStoreProbe } from './store-probe.ts';

const DELAY_MS = 150;
const TOKEN = { path: '/oauth/token', method: 'POST' };

// Guards against a slow request that signs the user in again, or carries a token past the sign-out.
describe('given a slow /qlik-token in flight', () => {
  for (const [how, payload] of [
    ['a sign-out', {}],
    ['a sign-out everywhere', { everywhere: true }],
  ] as const) {
    test(`when ${how} ends the session, it is answered 401 and the late token is revoked`, async (t) => {
      const { service, cookie, slow } = await inFlight(t);

      const out = await service.fetch({ method: 'POST', url: '/logout', cookie, payload });
      const late = await slow;

      assert.equal(out.statusCode, 200);
      assertProblem(late, 401, 'session_expired');
      // By now the browser may have another cookie, of a sign-in that followed.
      assertKept(late);
      await until(() => service.entries('token.revoked').length === 1);
    });

    test(`when ${how} ends the session, it stays dead`, async (t) => {
      const { service, cookie, slow } = await inFlight(t);
      await service.fetch({ method: 'POST', url: '/logout', cookie, payload });
      await slow;

      for (const url of ['/session', '/qlik-token', '/qlik-config']) {
        assertProblem(await service.fetch({ url, cookie }), 401, 'session_expired');
      }
    });

    test(`when ${how} ends the session, a sign-in that follows gets a token of its own`, async (t) => {
      const { service, cookie, slow } = await inFlight(t);
      await service.fetch({ method: 'POST', url: '/logout', cookie, payload });
      const again = await service.login('ada');
      const token = await service.fetch({ url: '/qlik-token', cookie: again });
      assertProblem(await slow, 401, 'session_expired');

      assert.equal(token.statusCode, 200);
      assert.equal(service.mints(), 2);
      await until(() => service.entries('token.revoked').length === 1);
      const later = await service.fetch({ url: '/qlik-token', cookie: again });
      assert.equal(later.json().access_token, token.json().access_token);
      assert.equal(await acceptedBy(service.sandbox.url, token.json().access_token), true);
    });
  }

  test('when the session reaches its limit, it is answered 401', async (t) => {
    const { service, cookie, slow } = await inFlight(t, {
      SESSION_LIFETIME: '100ms',
      SESSION_IDLE_TIMEOUT: '100ms',
    });

    assertProblem(await slow, 401, 'session_expired');
    assertProblem(await service.fetch({ url: '/session', cookie }), 401, 'session_expired');
  });

  test('when another session of the user ends, it is answered as if nothing had happened', async (t) => {
    const { service, cookie, slow } = await inFlight(t);
    const other = await service.login('ada');

    await service.fetch({ method: 'POST', url: '/logout', cookie: other });

    assert.equal((await slow).statusCode, 200);
    assert.equal((await service.fetch({ url: '/session', cookie })).statusCode, 200);
    assert.equal(service.mints(), 1);
    assert.equal(service.entries('token.revoked').length, 0);
  });

  test('when its session ends and another one of the user waits too, the other gets the token', async (t) => {
    const { service, cookie, slow } = await inFlight(t);
    const other = await service.login('ada');
    const otherSlow = service.fetch({ url: '/qlik-token', cookie: other });

    await service.fetch({ method: 'POST', url: '/logout', cookie });

    assertProblem(await slow, 401, 'session_expired');
    assert.equal((await otherSlow).statusCode, 200);
    assert.equal(service.entries('token.revoked').length, 0);
  });

  test('when somebody else signs in with its cookie, it is answered 401 and no token of the first user leaves', async (t) => {
    const { service, cookie, slow } = await inFlight(t);

    await service.fetch({ method: 'POST', url: '/login', cookie, payload: { user: 'bruno' } });

    assertProblem(await slow, 401, 'session_expired');
    await until(() => service.entries('token.revoked').length === 1);
  });
});

// Guards against an answer that was right when the token was kept, and is not any more when it is sent.
test('given a token that is revoked between its mint and its answer, the answer holds another', async (t) => {
  const store = createStoreProbe();
  const revoked: string[] = [];
  const service = await createTestService(t, {
    store: {
      ...store,
      async put(key, value, options) {
        const kept = await store.put(key, value, options);
        if (revoked.push(value) === 1)
          await store.advance(options.partition, { dependent: key, forMs: 60_000 });
        return kept;
      },
    },
  });
  const cookie = await service.login('ada');

  const { access_token } = (await service.fetch({ url: '/qlik-token', cookie })).json();

  assert.ok(revoked[1]?.includes(access_token));
  assert.ok(!revoked[0]?.includes(access_token));
  assert.equal(service.mints(), 2);
});

async function inFlight(t: TestContext, env: Record<string, string> = {}) {
  const service = await createTestService(t, { env });
  const cookie = await service.login('ada');
  service.sandbox.faults.add({ match: TOKEN, times: 1, effect: { type: 'latency', delayMs: DELAY_MS } });
  const slow = service.fetch({ url: '/qlik-token', cookie });
  await until(() => service.mints() === 1);
  return { service, cookie, slow };
}

async function acceptedBy(tenant: string, token: string): Promise<boolean> {
  const response = await fetch(`${tenant}/api/v1/users/me`, {
    headers: { authorization: `Bearer ${token}` },
  });
  await response.text();
  return response.ok;
}
