import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSigner } from '../support/assertions.ts';
import { createTestService, SECRET_A, SECRET_B } from '../support/test-service.ts';
import { COOKIE, HOST_COOKIE, setCookies } from './browser.ts';
import { createStoreProbe } from './store-probe.ts';

const PLAIN = { path: '/', httponly: '', samesite: 'Lax' };
const SECURE = { ...PLAIN, secure: '' };
const https = { PUBLIC_URL: 'https://localhost/portal' };
/** Of a service at that path. */
const PORTAL_COOKIE = `${HOST_COOKIE}_wZLMr-uG`;
const signer = createSigner();
const otherSite = { ...https, ...signer.env, SESSION_SAME_SITE: 'none' };
const PARTITIONED = { ...SECURE, samesite: 'None', partitioned: '' };

describe('the session cookie', () => {
  test('given an http PUBLIC_URL, is host-only, HttpOnly, Lax, and ends with the browser', async (t) => {
    const service = await createTestService(t);

    const [cookie, ...others] = setCookies(await login(service));

    assert.equal(cookie?.name, COOKIE);
    assert.deepEqual(cookie?.attributes, PLAIN);
    assert.deepEqual(others, []);
  });

  test('given an https PUBLIC_URL behind a proxy that speaks http to us, is Secure and __Host-', async (t) => {
    const service = await createTestService(t, { env: https });

    const [cookie, ...others] = setCookies(await login(service, '/portal'));

    assert.equal(cookie?.name, PORTAL_COOKIE);
    assert.deepEqual(cookie?.attributes, SECURE);
    assert.deepEqual(others, []);
  });

  // A cookie's Path protects nothing: two services would sign each other out.
  test('given services at several paths of one host name, is another one for each', async (t) => {
    const names = [];
    for (const path of ['', '/portal', '/portal/a', '/other']) {
      const service = await createTestService(t, { env: { PUBLIC_URL: `https://localhost${path}` } });
      names.push(setCookies(await login(service, path))[0]?.name);
    }
    assert.deepEqual(names.slice(0, 2), [HOST_COOKIE, PORTAL_COOKIE]);
    assert.equal(new Set(names).size, 4);
  });

  test('given SESSION_SAME_SITE=strict, is Strict', async (t) => {
    const service = await createTestService(t, { env: { SESSION_SAME_SITE: 'strict' } });

    const [cookie] = setCookies(await login(service));

    assert.deepEqual(cookie?.attributes, { ...PLAIN, samesite: 'Strict' });
  });

  test('given SESSION_SAME_SITE=none, is None, Secure, and kept apart for each site', async (t) => {
    const service = await createTestService(t, { env: otherSite });

    const [cookie, ...others] = setCookies(await login(service, '/portal'));

    assert.equal(cookie?.name, PORTAL_COOKIE);
    assert.deepEqual(cookie?.attributes, PARTITIONED);
    assert.deepEqual(others, []);
  });

  test('given SESSION_SAME_SITE=none, every answer to a next sign-in touches that same cookie', async (t) => {
    const service = await createTestService(t, { env: otherSite });
    const cookie = headerOf(await login(service, '/portal'));

    for (const { name, attributes } of setCookies(await login(service, '/portal', { cookie }))) {
      const { 'max-age': _, expires: __, ...others } = attributes;
      assert.equal(name, PORTAL_COOKIE);
      assert.deepEqual(others, PARTITIONED);
    }
  });

  test('given a trusted proxy that reports https, does not become Secure: PUBLIC_URL alone decides', async (t) => {
    const service = await createTestService(t, { env: { TRUSTED_PROXIES: '127.0.0.1' } });

    const [cookie] = setCookies(await login(service, '', { 'x-forwarded-proto': 'https' }));

    assert.equal(cookie?.name, COOKIE);
    assert.deepEqual(cookie?.attributes, PLAIN);
  });

  test('given an https PUBLIC_URL and a trusted proxy that reports http, stays Secure', async (t) => {
    const service = await createTestService(t, { env: { ...https, TRUSTED_PROXIES: '127.0.0.1' } });

    const [cookie] = setCookies(await login(service, '/portal', { 'x-forwarded-proto': 'http' }));

    assert.equal(cookie?.name, PORTAL_COOKIE);
    assert.deepEqual(cookie?.attributes, SECURE);
  });

  for (const [scheme, env, base, name, attributes] of [
    ['http', {}, '', COOKIE, PLAIN],
    ['https', https, '/portal', PORTAL_COOKIE, SECURE],
    ['SESSION_SAME_SITE=none', otherSite, '/portal', PORTAL_COOKIE, PARTITIONED],
  ] as const) {
    test(`given ${scheme}, is removed by sign-out under the attributes with which it was set`, async (t) => {
      const service = await createTestService(t, { env });
      const cookie = headerOf(await login(service, base));

      const signedOut = await service.fetch({ method: 'POST', url: `${base}/logout`, cookie });

      assertRemoval(setCookies(signedOut), name, attributes);
    });

    test(`given ${scheme}, is removed by a 401 under the attributes with which it was set`, async (t) => {
      const service = await createTestService(t, { env });

      const refused = await service.fetch({ url: `${base}/session`, cookie: `${name}=forged` });

      assertRemoval(setCookies(refused), name, attributes);
    });

    test(`given ${scheme}, has the same attributes when it is signed anew`, async (t) => {
      const store = createStoreProbe();
      const before = await createTestService(t, { store, env });
      const after = await createTestService(t, {
        store,
        env: { ...env, SESSION_SECRET: `${SECRET_B},${SECRET_A}` },
      });
      const cookie = headerOf(await login(before, base));

      for (const url of ['/session', '/qlik-config']) {
        const [renewed, ...others] = setCookies(await after.fetch({ url: base + url, cookie }));

        assert.equal(renewed?.name, name);
        assert.deepEqual(renewed?.attributes, attributes);
        assert.deepEqual(others, []);
      }
    });
  }

  // Guards against cookie attributes in the record, which would win over a new configuration.
  test('is no part of what is stored', async (t) => {
    const values: string[] = [];
    const store = createStoreProbe();
    const { create } = store;
    store.create = (key, value, ...rest) => {
      values.push(value);
      return create(key, value, ...rest);
    };
    const service = await createTestService(t, { store });

    await login(service);

    assert.equal(values.length, 1);
    assert.deepEqual(Object.keys(JSON.parse(values[0] ?? '')).sort(), ['user', 'v']);
  });
});

type Service = Awaited<ReturnType<typeof createTestService>>;
type Response = Awaited<ReturnType<Service['fetch']>>;

/** By an assertion where the demo's sign-in is not. */
function login(service: Service, base = '', headers: Record<string, string> = {}): Promise<Response> {
  if (!service.app.hasRoute({ method: 'POST', url: `${base}/login` })) {
    const authorization = `Bearer ${signer.assertion()}`;
    return service.fetch({ method: 'POST', url: `${base}/session`, headers: { ...headers, authorization } });
  }
  return service.fetch({ method: 'POST', url: `${base}/login`, headers, payload: { user: 'ada' } });
}

function headerOf(response: Response): string {
  const [cookie] = setCookies(response);
  return `${cookie?.name}=${cookie?.value}`;
}

function assertRemoval(
  cookies: ReturnType<typeof setCookies>,
  name: string,
  attributes: Record<string, string>,
) {
  assert.equal(cookies.length, 1);
  const [cookie] = cookies;
  const { 'max-age': maxAge, expires, ...others } = cookie?.attributes ?? {};
  assert.equal(cookie?.name, name);
  assert.equal(cookie?.value, '');
  assert.equal(maxAge, '0');
  assert.ok(expires === undefined || Date.parse(expires) < Date.now());
  assert.deepEqual(others, attributes);
}
