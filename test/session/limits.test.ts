import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createManualClock } from '../support/manual-clock.ts';
import { createTestService } from '../support/test-service.ts';
import { assertProblem, assertRemoved } from './browser.ts';

const MINUTE_MS = 60_000;
const IDLE_MS = 30 * MINUTE_MS;
const LIFETIME_MS = 600 * MINUTE_MS;

describe('the idle timeout', () => {
  test('given an unused session, holds to the millisecond', async (t) => {
    const { service, clock, cookie } = await open(t);

    clock.jump(IDLE_MS - 1);
    assert.equal((await service.fetch({ url: '/session', cookie })).statusCode, 200);
    clock.jump(1);

    const response = await service.fetch({ url: '/session', cookie });
    assertProblem(response, 401, 'session_expired');
    assertRemoved(response);
  });

  for (const url of ['/qlik-token', '/qlik-config']) {
    test(`starts anew with each call of ${url}`, async (t) => {
      const { service, clock, cookie } = await open(t);
      clock.jump(IDLE_MS - 1);
      assert.equal((await service.fetch({ url, cookie })).statusCode, 200);

      clock.jump(IDLE_MS - 1);
      assert.equal((await service.fetch({ url: '/session', cookie })).statusCode, 200);
      clock.jump(1);
      assertProblem(await service.fetch({ url, cookie }), 401, 'session_expired');
    });
  }

  test('starts anew when a page says that its token was rejected', async (t) => {
    const { service, clock, cookie } = await open(t);
    clock.jump(IDLE_MS - 1);
    const rejected = await service.fetch({
      method: 'POST',
      url: '/qlik-token',
      cookie,
      payload: { rejected: true },
    });
    assert.equal(rejected.statusCode, 200);

    clock.jump(IDLE_MS - 1);
    assert.equal((await service.fetch({ url: '/session', cookie })).statusCode, 200);
  });

  const extendNothing: [string, Parameters<Opened['service']['fetch']>[0]][] = [
    ['/session', { url: '/session' }],
    ['the sign-in page', { url: '/login' }],
    ['a sign-in that fails', { method: 'POST', url: '/login', payload: { user: 'nobody' } }],
    ['/livez', { url: '/livez' }],
    ['the portal page', { url: '/' }],
    ['a path that is not there', { url: '/nothing' }],
    ['a call from another site', { url: '/qlik-token', headers: { origin: 'https://evil.example' } }],
    ['HEAD', { method: 'HEAD', url: '/qlik-token' }],
  ];
  for (const [what, request] of extendNothing) {
    test(`is not extended by ${what}`, async (t) => {
      const { service, clock, cookie } = await open(t);
      for (let passed = 0; passed < IDLE_MS - MINUTE_MS; passed += 5 * MINUTE_MS) {
        await service.fetch({ ...request, cookie });
        clock.jump(5 * MINUTE_MS);
      }

      assertProblem(await service.fetch({ url: '/qlik-token', cookie }), 401, 'session_expired');
    });
  }

  test('is extended by a call that ends in trouble at the tenant: the user is there', async (t) => {
    const { service, clock, cookie } = await open(t);
    service.sandbox.faults.add({
      match: { path: '/oauth/token' },
      effect: { type: 'status', status: 401 },
    });
    clock.jump(IDLE_MS - 1);
    assert.ok((await service.fetch({ url: '/qlik-token', cookie })).statusCode > 401);

    clock.jump(IDLE_MS - 1);
    assert.equal((await service.fetch({ url: '/session', cookie })).statusCode, 200);
  });
});

describe('the lifetime', () => {
  test('given constant activity, holds to the millisecond', async (t) => {
    const { service, clock, cookie } = await open(t);

    for (let passed = 0; passed < LIFETIME_MS - MINUTE_MS; passed += MINUTE_MS) {
      clock.jump(MINUTE_MS);
      assert.equal((await service.fetch({ url: '/qlik-config', cookie })).statusCode, 200);
    }
    clock.jump(MINUTE_MS - 1);
    assert.equal((await service.fetch({ url: '/qlik-config', cookie })).statusCode, 200);
    clock.jump(1);

    const response = await service.fetch({ url: '/qlik-config', cookie });
    assertProblem(response, 401, 'session_expired');
    assertRemoved(response);
  });

  test('begins with the sign-in, not with the first session of the user', async (t) => {
    const { service, clock, cookie } = await open(t, {
      SESSION_LIFETIME: '30m',
      SESSION_IDLE_TIMEOUT: '30m',
    });
    clock.jump(20 * MINUTE_MS);
    const second = await service.login('ada');
    clock.jump(10 * MINUTE_MS);

    assertProblem(await service.fetch({ url: '/session', cookie }), 401, 'session_expired');
    assert.equal((await service.fetch({ url: '/session', cookie: second })).statusCode, 200);
  });
});

describe('/session', () => {
  test('says how long is left, in whole seconds that are not too many', async (t) => {
    const { service, clock, cookie } = await open(t);
    clock.jump(10 * MINUTE_MS + 1);

    const { idle_expires_in, expires_in } = (await service.fetch({ url: '/session', cookie })).json();

    assert.equal(idle_expires_in, 20 * 60 - 1);
    assert.equal(expires_in, 590 * 60 - 1);
  });

  test('near the end of the lifetime, promises no more idle time than is left', async (t) => {
    const { service, clock, cookie } = await open(t, {
      SESSION_IDLE_TIMEOUT: '30m',
      SESSION_LIFETIME: '40m',
    });
    clock.jump(20 * MINUTE_MS);
    await service.fetch({ url: '/qlik-config', cookie });

    const { idle_expires_in, expires_in } = (await service.fetch({ url: '/session', cookie })).json();

    assert.equal(idle_expires_in, 20 * 60);
    assert.equal(expires_in, 20 * 60);
  });
});

type Opened = Awaited<ReturnType<typeof open>>;

async function open(t: TestContext, env: Record<string, string> = {}) {
  const clock = createManualClock();
  const service = await createTestService(t, {
    clock,
    env: { RATE_LIMIT_TOKEN: '100000/min', LOG_LEVEL: 'silent', ...env },
  });
  return { clock, service, cookie: await service.login('ada') };
}
