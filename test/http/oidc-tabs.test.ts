import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { StoreUnavailableError } from '../../src/store/record-store.ts';
import { createStoreProbe } from '../session/store-probe.ts';
import { type LyingProvider, startLyingProvider } from '../support/lying-provider.ts';
import { createTestService, type TestService, type TestServiceOptions } from '../support/test-service.ts';
import { until } from '../support/until.ts';
import { createVisitor, type Visitor } from '../support/visitor.ts';

const SESSION = 'qlik_token_broker';
type Claims = Record<string, unknown>;

interface Bench {
  readonly service: TestService;
  readonly idp: LyingProvider;
  /** Begins a sign-in in this browser; resolves to the URL with which the provider sends it back. */
  begin(visitor: Visitor): Promise<string>;
  /** The user's id, or the status without one, of the session with this cookie. */
  who(cookie: string): Promise<string | number>;
}

async function start(t: TestContext, options: TestServiceOptions = {}): Promise<Bench> {
  const idp = await startLyingProvider(t);
  const service = await createTestService(t, { ...options, env: { ...idp.env, ...options.env } });
  await service.listen();
  return {
    service,
    idp,
    begin: async (visitor) =>
      (await visitor.go(`${service.origin}/login?returnTo=/page`, `${service.origin}/login/callback`)).url,
    async who(cookie) {
      const response = await service.fetch({ url: '/session', cookie });
      return response.statusCode === 200 ? response.json().user.id : response.statusCode;
    },
  };
}

const claims = (other: Claims) => ({ claims: (truth: Claims) => ({ ...truth, ...other }) });
const sessionOf = (visitor: Visitor) => `${SESSION}=${visitor.cookies.get(SESSION)}`;

describe('a sign-in that was begun before another tab’s ended', () => {
  test('keeps that one’s session, whose token is on its way', async (t) => {
    const { service, begin } = await start(t);
    const visitor = createVisitor();
    const [one, two, three] = [await begin(visitor), await begin(visitor), await begin(visitor)];
    await visitor.request(one);
    const first = sessionOf(visitor);
    const effect = { type: 'latency', delayMs: 300 } as const;
    service.sandbox.faults.add({ match: { path: '/oauth/token' }, times: 1, effect });
    const slow = service.fetch({ url: '/qlik-token', cookie: first });
    await until(() => service.mints() === 1);

    for (const url of [two, three]) {
      const response = await visitor.request(url);
      assert.deepEqual([response.status, response.headers.get('location')], [303, '/page']);
      assert.ok(response.headers.getSetCookie().every((cookie) => !cookie.startsWith(`${SESSION}=`)));
    }
    assert.equal(sessionOf(visitor), first);
    assert.equal((await slow).statusCode, 200);
  });

  for (const [what, other] of [
    ['somebody else', { sub: 'bruno' }],
    ['the same user with other groups', { groups: ['APAC'] }],
    ['the same user by another session of the provider’s', { sid: 'session-2' }],
    ['the same user by a session of the provider’s without a name', { sid: undefined }],
  ] as const) {
    test(`opens its own for ${what}, and ends that one’s`, async (t) => {
      const { idp, begin, who } = await start(t);
      const visitor = createVisitor();
      const [one, two] = [await begin(visitor), await begin(visitor)];
      await visitor.request(one);
      const first = sessionOf(visitor);
      idp.lies = claims(other);
      assert.equal((await visitor.request(two)).status, 303);
      assert.equal(await who(first), 401);
      assert.equal(await who(visitor.cookie()), 'sub' in other ? 'bruno' : 'ada');
    });
  }

  test('opens its own when that one’s has ended while the provider was asked', async (t) => {
    const { service, idp, begin, who } = await start(t);
    const visitor = createVisitor();
    const [one, two] = [await begin(visitor), await begin(visitor)];
    await visitor.request(one);
    const first = sessionOf(visitor);
    let goOn = () => {};
    idp.lies = { tokens: (truth) => new Promise((resolve) => (goOn = () => resolve(truth))) };
    const asked = idp.asked.get('/token') ?? 0;
    const late = visitor.request(two);
    await until(() => (idp.asked.get('/token') ?? 0) > asked);
    await service.fetch({ method: 'POST', url: '/logout', cookie: first });
    goOn();
    assert.equal((await late).status, 303);
    assert.deepEqual([await who(first), await who(visitor.cookie())], [401, 'ada']);
  });

  test('is refused, with that one’s session, when the provider has signed out', async (t) => {
    const store = createStoreProbe();
    const { service, idp, begin, who } = await start(t, { store });
    const visitor = createVisitor();
    const [one, two] = [await begin(visitor), await begin(visitor)];
    await visitor.request(one);
    const marking = store.hold('remove');
    const logout = service.app.inject({
      method: 'POST',
      url: '/logout/backchannel',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: `logout_token=${idp.logoutToken()}`,
    });
    await until(() => marking.waiting > 0);
    marking.release();
    const held = store.hold('remove');
    await until(() => held.waiting > 0);
    const late = visitor.request(two);
    await until(() => held.waiting > 1);
    held.release();
    assert.equal((await late).status, 400);
    assert.equal((await logout).statusCode, 200);
    assert.equal(await who(visitor.cookie()), 401);
  });
});

test('a sign-in makes the user’s own older session worthless: its cookie may be planted', async (t) => {
  const { begin, who } = await start(t);
  const [visitor, before] = [createVisitor(), createVisitor()];
  await before.request(await begin(before));
  visitor.cookies.set(SESSION, before.cookies.get(SESSION) as string);
  const url = await begin(visitor);
  assert.equal((await visitor.request(url)).status, 303);
  assert.deepEqual([await who(sessionOf(before)), await who(visitor.cookie())], [401, 'ada']);
});

describe('two tabs that come back in one moment', () => {
  /** Neither knows of the other's cookie. */
  async function bothAtOnce(t: TestContext, options: TestServiceOptions = {}) {
    const bench = await start(t, options);
    const visitor = createVisitor();
    const [one, two] = [await bench.begin(visitor), await bench.begin(visitor)];
    const twin = createVisitor();
    for (const [name, value] of visitor.cookies) twin.cookies.set(name, value);
    await Promise.all([visitor.request(one), twin.request(two)]);
    const cookies = [sessionOf(visitor), sessionOf(twin)] as const;
    assert.notEqual(cookies[0], cookies[1]);
    const whose = () => Promise.all(cookies.map(bench.who));
    assert.deepEqual(await whose(), ['ada', 'ada']);
    return { ...bench, cookies, whose };
  }

  test('are signed out together, and the token is revoked', async (t) => {
    const { service, cookies, whose } = await bothAtOnce(t);
    await service.fetch({ url: '/qlik-token', cookie: cookies[0] });
    await service.fetch({ method: 'POST', url: '/logout', cookie: cookies[0] });
    assert.deepEqual(await whose(), [401, 401]);
    await until(() => service.entries('token.revoked').length === 1);
  });

  test('are signed out without whoever is signed in elsewhere, and then the token stays', async (t) => {
    const { service, idp, cookies, whose, begin, who } = await bothAtOnce(t);
    idp.lies = claims({ sid: 'elsewhere' });
    const elsewhere = createVisitor();
    await elsewhere.request(await begin(elsewhere));
    await service.fetch({ url: '/qlik-token', cookie: cookies[0] });
    await service.fetch({ method: 'POST', url: '/logout', cookie: cookies[1] });
    assert.deepEqual([...(await whose()), await who(elsewhere.cookie())], [401, 401, 'ada']);
    const token = await service.fetch({ url: '/qlik-token', cookie: elsewhere.cookie() });
    assert.deepEqual([token.statusCode, service.mints()], [200, 1]);
  });

  test('can be signed out again when the store failed half-way', async (t) => {
    const store = createStoreProbe();
    const { service, cookies, whose } = await bothAtOnce(t, { store });
    const logout = () => service.fetch({ method: 'POST', url: '/logout', cookie: cookies[0] });
    const first = store.hold('remove');
    const failed = logout();
    await until(() => first.waiting === 1);
    first.release();
    const second = store.hold('remove');
    await until(() => second.waiting === 1);
    store.failWith(new StoreUnavailableError(), 'remove');
    second.release();
    assert.equal((await failed).statusCode, 503);
    store.failWith(undefined);
    assert.equal((await logout()).statusCode, 200);
    assert.deepEqual(await whose(), [401, 401]);
  });
});
