import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createMemoryStore } from '../../src/store/memory/records.ts';
import { StoreUnavailableError } from '../../src/store/record-store.ts';
import { createStoreProbe } from '../session/store-probe.ts';
import { hs256, jwt, rs256, signingKey, unsigned } from '../support/jwt.ts';
import { CLIENT_SECRET, type LyingProvider, startLyingProvider } from '../support/lying-provider.ts';
import { createTestService, type TestService, type TestServiceOptions } from '../support/test-service.ts';
import { until } from '../support/until.ts';
import { createVisitor, type Visitor } from '../support/visitor.ts';

type Claims = Record<string, unknown>;

interface Bench {
  readonly service: TestService;
  readonly idp: LyingProvider;
  /** A browser in which a user is signed in, by a session of the provider's. */
  loggedIn(claims?: Claims): Promise<Visitor>;
  /** The statuses of `GET /session` in these browsers. */
  sessions(...visitors: Visitor[]): Promise<number[]>;
  /** The status of a logout with this token. */
  logOut(token: string): Promise<number>;
}

async function start(t: TestContext, options: TestServiceOptions = {}): Promise<Bench> {
  const idp = await startLyingProvider(t);
  const service = await createTestService(t, { ...options, env: { ...idp.env, ...options.env } });
  await service.listen();
  return {
    service,
    idp,
    async loggedIn(claims = {}) {
      idp.lies = { claims: (truth) => ({ ...truth, ...claims }) };
      const visitor = createVisitor();
      await visitor.go(`${service.origin}/login?returnTo=/page`, `${service.origin}/page`);
      idp.lies = {};
      assert.ok(visitor.cookies.has('qlik_token_broker'));
      return visitor;
    },
    sessions: (...visitors) =>
      Promise.all(
        visitors.map(
          async (visitor) => (await service.fetch({ url: '/session', cookie: visitor.cookie() })).statusCode,
        ),
      ),
    async logOut(token) {
      const response = await post(service, { logout_token: token });
      assert.equal(response.headers['cache-control'], 'no-store');
      assert.equal(response.headers['set-cookie'], undefined);
      if (response.statusCode !== 200) assert.equal(response.json().error, 'invalid_request');
      return response.statusCode;
    },
  };
}

function post(service: TestService, fields: Record<string, string>) {
  return service.app.inject({
    method: 'POST',
    url: '/logout/backchannel',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(fields).toString(),
  });
}

describe('a logout token', () => {
  test('with a sid ends the session that began with it, of one user with three', async (t) => {
    const { idp, loggedIn, sessions, logOut } = await start(t);
    const one = await loggedIn({ sid: 'one' });
    const two = await loggedIn({ sid: 'two' });
    const three = await loggedIn({ sid: 'three' });
    assert.equal(await logOut(idp.logoutToken({ sid: 'two' })), 200);
    assert.deepEqual(await sessions(one, two, three), [200, 401, 200]);
    assert.equal(await logOut(idp.logoutToken({ sid: 'three', sub: undefined })), 200);
    assert.deepEqual(await sessions(one, two, three), [200, 401, 401]);
  });

  test('with a sub alone ends each of the user’s three sessions and nobody else’s', async (t) => {
    const { idp, loggedIn, sessions, logOut } = await start(t);
    const ada = [
      await loggedIn({ sid: '1' }),
      await loggedIn({ sid: '2' }),
      await loggedIn({ sid: undefined }),
    ];
    const bruno = await loggedIn({ sub: 'bruno', sid: '3' });
    assert.equal(await logOut(idp.logoutToken({ sid: undefined })), 200);
    assert.deepEqual(await sessions(...ada, bruno), [401, 401, 401, 200]);
  });

  test('with a sub finds the user whom another claim identifies', async (t) => {
    const { idp, loggedIn, sessions, logOut } = await start(t, { env: { CLAIM_ID: 'oid' } });
    const [ada, bruno] = [
      await loggedIn({ oid: 'a-1' }),
      await loggedIn({ oid: 'b-2', sub: 'bruno', sid: 's' }),
    ];
    assert.equal(await logOut(idp.logoutToken({ sid: undefined })), 200);
    assert.deepEqual(await sessions(ada, bruno), [401, 200]);
  });

  test('with a sid ends those of the sub, too, whose ID tokens told none: they may be meant', async (t) => {
    const { idp, loggedIn, sessions, logOut } = await start(t);
    const [unnamed, other, named] = [
      await loggedIn({ sid: undefined }),
      await loggedIn({ sid: undefined, sub: 'bruno' }),
      await loggedIn({ sid: 'named' }),
    ];
    assert.equal(await logOut(idp.logoutToken({ sid: 'whatever' })), 200);
    assert.deepEqual(await sessions(unnamed, other, named), [401, 200, 200]);
  });

  test('ends both sessions that began with one of the provider’s', async (t) => {
    const { idp, loggedIn, sessions, logOut } = await start(t);
    const [one, two] = [await loggedIn({ sid: 'same' }), await loggedIn({ sid: 'same' })];
    assert.equal(await logOut(idp.logoutToken({ sid: 'same' })), 200);
    assert.deepEqual(await sessions(one, two), [401, 401]);
  });

  test('for somebody who is not signed in is fine', async (t) => {
    const { idp, logOut } = await start(t);
    assert.equal(await logOut(idp.logoutToken({ sid: 'unknown', sub: 'unknown' })), 200);
  });

  test('revokes the token at the tenant with the user’s last session', async (t) => {
    const { service, idp, loggedIn, logOut } = await start(t);
    const visitor = await loggedIn();
    await service.fetch({ url: '/qlik-token', cookie: visitor.cookie() });
    assert.equal(await logOut(idp.logoutToken()), 200);
    await until(() => service.sandbox.calls.count({ path: '/oauth/revoke' }) === 1);
  });

  test('is one without a type, too, or with that of any JWT, in whatever case', async (t) => {
    const { idp, loggedIn, sessions, logOut } = await start(t);
    for (const typ of [undefined, 'JWT', 'Logout+JWT', 'application/logout+jwt']) {
      const visitor = await loggedIn({ sid: `of ${typ}` });
      assert.equal(await logOut(idp.logoutToken({ sid: `of ${typ}` }, { typ })), 200, typ);
      assert.deepEqual(await sessions(visitor), [401]);
    }
  });

  test('works once: its replay ends nothing', async (t) => {
    const { idp, loggedIn, sessions, logOut } = await start(t);
    const token = idp.logoutToken({ sid: undefined });
    await loggedIn();
    assert.deepEqual(
      await Promise.all([logOut(token), logOut(token)]).then((both) => both.sort()),
      [200, 400],
    );
    const again = await loggedIn({ sid: 'again' });
    assert.equal(await logOut(token), 400);
    assert.deepEqual(await sessions(again), [200]);
  });

  test('works once on all replicas', async (t) => {
    const store = createMemoryStore({ now: Date.now });
    t.after(() => store.close());
    const { idp, logOut } = await start(t, { store });
    const other = await createTestService(t, { store, env: idp.env });
    const token = idp.logoutToken();
    assert.equal(await logOut(token), 200);
    assert.equal((await post(other, { logout_token: token })).statusCode, 400);
  });

  test('that the store kept from working may come again', async (t) => {
    const store = createStoreProbe();
    const { idp, loggedIn, sessions, logOut } = await start(t, { store });
    const visitor = await loggedIn();
    const token = idp.logoutToken();
    store.failWith(new StoreUnavailableError(), 'peek');
    assert.equal(await logOut(token), 400);
    store.failWith(undefined);
    assert.equal(await logOut(token), 200);
    assert.deepEqual(await sessions(visitor), [401]);
  });

  test('that comes while the sign-in with its session is under way ends that too', async (t) => {
    const store = createStoreProbe();
    const { service, idp, logOut } = await start(t, { store });
    const visitor = createVisitor();
    const { url } = await visitor.go(`${service.origin}/login`, `${service.origin}/login/callback`);
    const held = store.hold('create');
    const late = visitor.request(url);
    await until(() => held.waiting > 0);
    held.release();
    // The first is for the state; the next ones are the index and the session.
    const index = store.hold('create');
    await until(() => index.waiting > 0);
    const logout = logOut(idp.logoutToken({ jti: 'late' }));
    await until(() => index.waiting > 1);
    index.release();
    assert.equal(await logout, 200);
    const response = await late;
    const cookie = visitor.cookie();
    const session = await service.fetch({ url: '/session', cookie });
    assert.deepEqual([response.status, session.statusCode], [400, 401]);
  });
});

describe('a logout token that the provider would not send', () => {
  const header = { alg: 'RS256', kid: 'k1', typ: 'logout+jwt' };
  const seconds = () => Math.floor(Date.now() / 1_000);
  const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
  const payload = (token: string) => Buffer.from(token.split('.')[1] as string, 'base64url').toString();
  const resigned = (make: (claims: string, idp: LyingProvider) => string) => (idp: LyingProvider) =>
    make(payload(idp.logoutToken()), idp);

  const refused: [string, (idp: LyingProvider) => string][] = [
    ['with a nonce', (idp) => idp.logoutToken({ nonce: 'n' })],
    ['without events', (idp) => idp.logoutToken({ events: undefined })],
    ['with another event', (idp) => idp.logoutToken({ events: { other: {} } })],
    ['whose event is no object', (idp) => idp.logoutToken({ events: { [EVENT]: true } })],
    ['whose event is an array', (idp) => idp.logoutToken({ events: { [EVENT]: [] } })],
    ['whose events are an array', (idp) => idp.logoutToken({ events: [EVENT] })],
    ['without sub and sid', (idp) => idp.logoutToken({ sub: undefined, sid: undefined })],
    ['with an empty sid and no sub', (idp) => idp.logoutToken({ sid: '', sub: undefined })],
    ['with a number as sub', (idp) => idp.logoutToken({ sub: 7 })],
    ['without jti', (idp) => idp.logoutToken({ jti: undefined })],
    ['with an empty jti', (idp) => idp.logoutToken({ jti: '' })],
    ['with a jti of 1 MB', (idp) => idp.logoutToken({ jti: 'x'.repeat(1_000) })],
    ['of another iss', (idp) => idp.logoutToken({ iss: 'https://evil.example' })],
    ['for another aud', (idp) => idp.logoutToken({ aud: 'other' })],
    ['without aud', (idp) => idp.logoutToken({ aud: undefined })],
    ['without iat', (idp) => idp.logoutToken({ iat: undefined })],
    ['without exp', (idp) => idp.logoutToken({ exp: undefined })],
    ['that is over', (idp) => idp.logoutToken({ exp: seconds() - 31 })],
    ['that is old', (idp) => idp.logoutToken({ iat: seconds() - 700 })],
    ['that is to come', (idp) => idp.logoutToken({ iat: seconds() + 60 })],
    ['that never ends', (idp) => idp.logoutToken({ exp: 1e300 })],
    ['of the type of an access token', (idp) => idp.logoutToken({}, { typ: 'at+jwt' })],
    ['whose type is a list', (idp) => idp.logoutToken({}, { typ: ['logout+jwt'] })],
    ['with an unknown crit', (idp) => idp.logoutToken({}, { crit: ['x'], x: 1 })],
    ['with an unknown kid', (idp) => idp.logoutToken({}, { kid: 'k2' })],
    ['of alg none', resigned((claims) => jwt({ ...header, alg: 'none' }, claims, unsigned))],
    [
      'of HS256 with our secret',
      resigned((claims) => jwt({ ...header, alg: 'HS256' }, claims, hs256(CLIENT_SECRET))),
    ],
    [
      'of HS256 with the public key',
      resigned((claims, { key }) =>
        jwt(
          { ...header, alg: 'HS256' },
          claims,
          hs256(key.publicKey.export({ type: 'spki', format: 'pem' }) as string),
        ),
      ),
    ],
    ['signed by somebody else', resigned((claims) => jwt(header, claims, rs256(signingKey('k1'))))],
    ['that is garbage', () => 'garbage'],
    ['that is empty', () => ''],
  ];

  test('is 400 and ends nothing', async (t) => {
    const { idp, loggedIn, sessions, logOut } = await start(t);
    const visitor = await loggedIn();
    for (const [what, token] of refused) {
      await t.test(what, async () => {
        assert.equal(await logOut(token(idp)), 400);
        assert.deepEqual(await sessions(visitor), [200]);
      });
    }
  });

  test('is 400 when it is none, or another form', async (t) => {
    const { service, idp } = await start(t);
    assert.equal((await post(service, {})).statusCode, 400);
    assert.equal((await post(service, { id_token: idp.logoutToken() })).statusCode, 400);
    const twice = await service.app.inject({
      method: 'POST',
      url: '/logout/backchannel',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: `logout_token=${idp.logoutToken()}&logout_token=${idp.logoutToken()}`,
    });
    assert.equal(twice.statusCode, 400);
  });

  test('of a thousand unknown keys costs the provider one answer', async (t) => {
    const { idp, loggedIn, logOut } = await start(t);
    await loggedIn();
    const before = idp.asked.get('/keys') ?? 0;
    for (let n = 0; n < 10; n += 1) {
      const many = Array.from({ length: 100 }, (_, m) => logOut(idp.logoutToken({}, { kid: `k-${n}-${m}` })));
      assert.ok((await Promise.all(many)).every((status) => status === 400));
    }
    assert.ok((idp.asked.get('/keys') ?? 0) - before <= 1);
  });
});
