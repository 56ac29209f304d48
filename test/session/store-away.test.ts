import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { StoreUnavailableError } from '../../src/store/record-store.ts';
import { createTestService } from '../support/test-service.ts';
import { assertKept, assertProblem } from './browser.ts';
import { createStoreProbe } from './store-probe.ts';

const CANARY = 'canary-5f1c2d';

const requests = [
  { url: '/session' },
  { url: '/qlik-token' },
  { method: 'POST', url: '/qlik-token', payload: { rejected: true } },
  { url: '/qlik-config' },
  { method: 'POST', url: '/login', payload: { user: 'bruno' } },
  { method: 'POST', url: '/login', payload: { user: 'ada' } },
  { method: 'POST', url: '/logout' },
  { method: 'POST', url: '/logout', payload: { everywhere: true } },
] as const;

describe('given a store that is away', () => {
  for (const request of requests) {
    test(`${nameOf(request)} is answered 503, says when to come back, and leaves the cookie`, async (t) => {
      const { service, store, cookie } = await open(t);
      store.failWith(new StoreUnavailableError({ cause: new Error(CANARY) }));

      const response = await service.fetch({ ...request, cookie });

      assertProblem(response, 503, 'store_unavailable');
      assert.ok(Number(response.headers['retry-after']) >= 1);
      assert.equal(response.headers['cache-control'], 'no-store');
      assertKept(response);
      assert.doesNotMatch(response.body, new RegExp(CANARY));
    });
  }

  test('somebody without a cookie who signs in is answered 503 and gets no cookie', async (t) => {
    const { service, store } = await open(t);
    store.failWith(new StoreUnavailableError());

    const response = await service.fetch({ method: 'POST', url: '/login', payload: { user: 'ada' } });

    assertProblem(response, 503, 'store_unavailable');
    assertKept(response);
  });

  test('somebody whom the sign-in refuses is answered as ever, without a look into the store', async (t) => {
    const { service, store, cookie } = await open(t);
    store.failWith(new StoreUnavailableError());
    store.clear();

    const response = await service.fetch({
      method: 'POST',
      url: '/login',
      cookie,
      payload: { user: 'nobody' },
    });

    assertProblem(response, 400, 'bad_request');
    assertKept(response);
    assert.deepEqual(store.calls, []);
  });

  for (const method of ['peek', 'remove', 'create'] as const) {
    test(`when only ${method} fails, another sign-in is answered 503, and the cookie stays`, async (t) => {
      const { service, store, cookie } = await open(t);
      store.failWith(new StoreUnavailableError(), method);

      const response = await service.fetch({
        method: 'POST',
        url: '/login',
        cookie,
        payload: { user: 'ada' },
      });

      assertProblem(response, 503, 'store_unavailable');
      assertKept(response);
    });
  }

  // A cookie that is cleared while the record lives would leave a session that its user cannot end.
  for (const [method, payload] of [
    ['remove', {}],
    ['removePartition', { everywhere: true }],
  ] as const) {
    test(`when only ${method} fails, a sign-out is answered 503, and the user can try again`, async (t) => {
      const { service, store, cookie } = await open(t);
      store.failWith(new StoreUnavailableError(), method);

      const failed = await service.fetch({ method: 'POST', url: '/logout', cookie, payload });
      assertProblem(failed, 503, 'store_unavailable');
      assertKept(failed);

      store.failWith(undefined);
      assert.equal(
        (await service.fetch({ method: 'POST', url: '/logout', cookie, payload })).statusCode,
        200,
      );
      assertProblem(await service.fetch({ url: '/session', cookie }), 401, 'session_expired');
    });
  }

  test('when it goes away during a mint, the late token is not handed out', async (t) => {
    const { service, store, cookie } = await open(t);
    store.failWith(new StoreUnavailableError(), 'peek');

    const response = await service.fetch({ url: '/qlik-token', cookie });

    assertProblem(response, 503, 'store_unavailable');
    assertKept(response);
  });

  test('health says so, and probes and pages without a session go on', async (t) => {
    const { service, store } = await open(t);
    await service.listen();
    store.failWith(new StoreUnavailableError());

    assert.equal((await service.fetch({ url: '/livez' })).statusCode, 200);
    const ready = await service.fetch({ url: '/readyz' });
    assert.equal(ready.statusCode, 503);
    assert.equal(ready.json().checks.store, 'failing');
    assert.equal((await service.fetch({ url: '/login' })).statusCode, 200);
    assert.equal((await service.fetch({ url: '/' })).headers.location, '/login?returnTo=%2F');
    assertProblem(await service.fetch({ url: '/session' }), 401, 'session_required');
  });

  test('when it is back, those who were signed in still are', async (t) => {
    const { service, store, cookie } = await open(t);
    store.failWith(new StoreUnavailableError());
    await service.fetch({ url: '/session', cookie });
    store.failWith(undefined);

    assert.equal((await service.fetch({ url: '/session', cookie })).statusCode, 200);
    assert.equal((await service.fetch({ url: '/qlik-token', cookie })).statusCode, 200);
  });
});

describe('given a store that fails in a way nobody foresaw', () => {
  for (const request of requests) {
    test(`${nameOf(request)} is answered 500 without the message, once, and leaves the cookie`, async (t) => {
      const { service, store, cookie } = await open(t);
      store.failWith(new TypeError(`read ${CANARY} of undefined`));

      const response = await service.fetch({ ...request, cookie });

      assertProblem(response, 500, 'internal_error');
      assertKept(response);
      assert.doesNotMatch(response.body, new RegExp(CANARY));
      assert.equal(service.entries('request.failed').length, 1);
      assert.doesNotMatch(service.logged.join(''), new RegExp(CANARY));
    });
  }

  // Guards against ENOENT, as for a socket that is not there, taken for "no such session".
  for (const request of requests) {
    test(`with ENOENT, ${nameOf(request)} takes nobody for signed out`, async (t) => {
      const { service, store, cookie } = await open(t);
      store.failWith(Object.assign(new Error(CANARY), { code: 'ENOENT' }));

      const response = await service.fetch({ ...request, cookie });

      assertProblem(response, 500, 'internal_error');
      assertKept(response);
    });
  }

  for (const method of ['peek', 'remove', 'create'] as const) {
    test(`when only ${method} fails, another sign-in is answered 500 without the message, and the cookie stays`, async (t) => {
      const { service, store, cookie } = await open(t);
      store.failWith(new Error(CANARY), method);

      const response = await service.fetch({
        method: 'POST',
        url: '/login',
        cookie,
        payload: { user: 'ada' },
      });

      assertProblem(response, 500, 'internal_error');
      assertKept(response);
      assert.doesNotMatch(response.body, new RegExp(CANARY));
    });
  }
});

function nameOf(request: (typeof requests)[number]): string {
  const method = 'method' in request ? request.method : 'GET';
  return `${method} ${request.url}${'payload' in request ? ` ${JSON.stringify(request.payload)}` : ''}`;
}

async function open(t: TestContext) {
  const store = createStoreProbe();
  const service = await createTestService(t, { store });
  return { store, service, cookie: await service.login('ada') };
}
