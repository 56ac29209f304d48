import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTestService } from '../support/test-service.ts';
import { assertKept, assertProblem } from './browser.ts';
import { createStoreProbe } from './store-probe.ts';

describe('what a request with a valid cookie costs at the store', () => {
  const nothing = [
    { url: '/livez' },
    { url: '/demo-portal.js' },
    { url: '/nothing-here' },
    { method: 'POST', url: '/nothing-here' },
    { method: 'DELETE', url: '/session' },
    { method: 'HEAD', url: '/qlik-token' },
    { method: 'OPTIONS', url: '/qlik-token' },
    { method: 'GET', url: '/logout' },
  ] as const;
  for (const request of nothing) {
    const { method, url } = { method: 'GET', ...request };
    test(`${method} ${url}: nothing`, async (t) => {
      const store = createStoreProbe();
      const service = await createTestService(t, { store });
      const cookie = await service.login('ada');
      store.clear();

      const response = await service.fetch({ ...request, cookie });

      assert.deepEqual(store.calls, []);
      assertKept(response);
    });
  }

  test('/qlik-token with a token at hand: one use', async (t) => {
    const store = createStoreProbe();
    const service = await createTestService(t, { store });
    const cookie = await service.login('ada');
    await service.fetch({ url: '/qlik-token', cookie });
    store.clear();

    await service.fetch({ url: '/qlik-token', cookie });

    assert.equal(store.calls.length, 1);
    assert.match(store.calls[0] ?? '', /^use \{[\w-]+\}:session:/);
  });

  for (const [url, call] of [
    ['/qlik-config', /^use /],
    ['/session', /^peek /],
    ['/', /^peek /],
  ] as const) {
    test(`${url}: one look`, async (t) => {
      const store = createStoreProbe();
      const service = await createTestService(t, { store });
      const cookie = await service.login('ada');
      store.clear();

      await service.fetch({ url, cookie });

      assert.equal(store.calls.length, 1);
      assert.match(store.calls[0] ?? '', call);
    });
  }

  for (const [what, payload, calls] of [
    ['a sign-in that fails', { user: 'nobody' }, []],
    ['a sign-in with a malformed body', { usr: 'ada' }, []],
    ['a sign-in', { user: 'ada' }, ['peek', 'peek', 'create', 'remove', 'trimPartition']],
  ] as const) {
    test(`${what}: ${calls.join(', ') || 'nothing'}`, async (t) => {
      const store = createStoreProbe();
      const service = await createTestService(t, { store });
      const cookie = await service.login('ada');
      store.clear();

      await service.fetch({ method: 'POST', url: '/login', cookie, payload });

      assert.deepEqual(
        store.calls.map((call) => call.split(' ')[0]),
        calls,
      );
    });
  }

  test('a sign-out that leaves another session: one look, one removal', async (t) => {
    const store = createStoreProbe();
    const service = await createTestService(t, { store });
    const cookie = await service.login('ada');
    await service.login('ada');
    store.clear();

    await service.fetch({ method: 'POST', url: '/logout', cookie });

    assert.deepEqual(
      store.calls.map((call) => call.split(' ')[0]),
      ['peek', 'remove'],
    );
  });

  test('the sign-in page: nothing', async (t) => {
    const store = createStoreProbe();
    const service = await createTestService(t, { store });
    const cookie = await service.login('ada');
    store.clear();

    await service.fetch({ url: '/login', cookie });

    assert.deepEqual(store.calls, []);
  });

  // Who may call is decided before the session is read.
  for (const request of [
    { url: '/session' },
    { url: '/qlik-token' },
    { url: '/qlik-config' },
    { method: 'POST', url: '/qlik-token', payload: { rejected: true } },
    { method: 'POST', url: '/login', payload: { user: 'bruno' } },
    { method: 'POST', url: '/logout' },
  ] as const) {
    const { method, url } = { method: 'GET', ...request };
    test(`${method} ${url} from another site: nothing, and the answer says nothing of a session`, async (t) => {
      const store = createStoreProbe();
      const service = await createTestService(t, { store });
      const cookie = await service.login('ada');
      store.clear();

      const response = await service.fetch({
        ...request,
        cookie,
        headers: { origin: 'https://evil.example' },
      });

      assertProblem(response, 403, 'cross_site_refused');
      assertKept(response);
      assert.deepEqual(store.calls, []);
    });
  }
});
