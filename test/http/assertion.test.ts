import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import type { LightMyRequestResponse } from 'fastify';
import { createMemoryStore } from '../../src/store/memory/records.ts';
import { StoreUnavailableError } from '../../src/store/record-store.ts';
import { assertKept, assertProblem, COOKIE, cookieFate } from '../session/browser.ts';
import { createStoreProbe } from '../session/store-probe.ts';
import { createSigner, type Signer } from '../support/assertions.ts';
import { signingKey } from '../support/jwt.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { sendRaw } from '../support/raw-http.ts';
import { createTestService, type TestService, type TestServiceOptions } from '../support/test-service.ts';
import { until } from '../support/until.ts';

const APP = 'https://app.example';

interface Bench {
  readonly service: TestService;
  readonly signer: Signer;
  /** `POST /session` as a portal's server makes it. */
  post(token: string | undefined, headers?: Record<string, string>): Promise<LightMyRequestResponse>;
  /** The `Cookie` header of a new session. */
  login(claims?: Record<string, unknown>, headers?: Record<string, string>): Promise<string>;
  /** What `GET /session` answers. */
  session(cookie: string): Promise<LightMyRequestResponse>;
}

async function start(t: TestContext, options: TestServiceOptions = {}): Promise<Bench> {
  const signer = createSigner(options.clock?.now);
  const service = await createTestService(t, { ...options, env: { ...signer.env, ...options.env } });
  const post: Bench['post'] = (token, headers = {}) =>
    service.app.inject({
      method: 'POST',
      url: '/session',
      headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
    });
  return {
    service,
    signer,
    post,
    async login(claims, headers) {
      const response = await post(signer.assertion(claims), headers);
      assert.equal(response.statusCode, 204, response.body);
      return cookieAfter(response);
    },
    session: (cookie) => service.fetch({ url: '/session', cookie }),
  };
}

describe('an assertion of the portal’s', () => {
  test('opens a session for whom it names, who gets their own token', async (t) => {
    const { service, signer, post, session } = await start(t);
    const response = await post(signer.assertion({ name: 'Ada' }));
    assert.equal(response.statusCode, 204);
    assert.equal(response.body, '');
    assert.equal(response.headers['cache-control'], 'no-store');
    const cookie = cookieAfter(response);
    assert.deepEqual((await session(cookie)).json().user, {
      id: 'ada',
      name: 'Ada',
      tenant: service.sandbox.url,
    });
    const token = await service.fetch({ url: '/qlik-token', cookie });
    assert.equal(token.statusCode, 200);
    assert.equal(service.mints(), 1);
  });

  test('names an e-mail that counts when it is verified, and groups', async (t) => {
    const { login, session } = await start(t);
    const told = { email: 'ada@example.com', groups: ['EMEA'] };
    const emailOf = async (claims: object) =>
      (await session(await login({ ...told, ...claims }))).json().user.email;
    assert.equal(await emailOf({}), undefined);
    assert.equal(await emailOf({ email_verified: 'false' }), undefined);
    assert.equal(await emailOf({ email_verified: true }), 'ada@example.com');
    assert.equal(await emailOf({ email_verified: 'true' }), 'ada@example.com');
    const trusting = await start(t, { env: { TRUST_EMAIL: 'true' } });
    const { user } = (await trusting.session(await trusting.login(told))).json();
    assert.equal(user.email, 'ada@example.com');
  });

  test('names the user by another claim, and then needs no sub', async (t) => {
    const { login, session, post, signer } = await start(t, { env: { CLAIM_ID: 'user' } });
    const cookie = await login({ sub: undefined, user: 'bruno' });
    assert.equal((await session(cookie)).json().user.id, 'bruno');
    assertProblem(await post(signer.assertion()), 401, 'assertion_invalid');
  });

  const accepted: [string, (now: number) => Record<string, unknown>, Record<string, unknown>?][] = [
    ['for us among others', () => ({ aud: ['https://other.example', 'https://broker.example.com'] })],
    ['of five minutes', (iat) => ({ iat, exp: iat + 300 })],
    ['whose times have fractions', (now) => ({ iat: now + 0.123_456_7, exp: now + 300.123_456_7 })],
    ['of a clock that is 30 s ahead', (now) => ({ iat: now + 30, nbf: now + 30, exp: now + 90 })],
    ['that was over 29 s ago', (now) => ({ exp: now - 29 })],
    ['without typ', () => ({}), { typ: undefined }],
    ['whose typ is in lower case', () => ({}), { typ: 'jwt' }],
    ['without kid', () => ({}), { kid: undefined }],
    ['with a kid that nobody knows, since the key is given', () => ({}), { kid: '../../etc/passwd' }],
    ['with the longest jti', () => ({ jti: 'x'.repeat(255) })],
  ];
  for (const [what, claims, header] of accepted) {
    test(`${what} is accepted`, async (t) => {
      const clock = createManualClock();
      const { signer, post } = await start(t, { clock });
      const response = await post(signer.assertion(claims(clock.now() / 1_000), header));
      assert.equal(response.statusCode, 204, response.body);
    });
  }

  test('may come in whatever case and with whatever blanks a bearer token is sent', async (t) => {
    const { signer, post } = await start(t);
    for (const scheme of ['bearer', 'BEARER', 'Bearer  ']) {
      const authorization = `${scheme} ${signer.assertion()}`;
      assert.equal((await post(undefined, { authorization })).statusCode, 204, scheme);
    }
  });
});

describe('an assertion works once', () => {
  test('its replay is refused, whatever else in it differs', async (t) => {
    const { signer, post } = await start(t);
    const jti = randomUUID();
    const token = signer.assertion({ jti });
    assert.equal((await post(token)).statusCode, 204);
    assertProblem(await post(token), 401, 'assertion_invalid');
    assertProblem(await post(signer.assertion({ jti, sub: 'bruno' })), 401, 'assertion_invalid');
  });

  test('of fifty at once, one opens a session', async (t) => {
    const { signer, post } = await start(t, { env: { RATE_LIMIT_SIGN_IN: '100/min' } });
    const token = signer.assertion();
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(token)));
    const statuses = answers.map(({ statusCode }) => statusCode).sort();
    assert.deepEqual(statuses, [204, ...Array(49).fill(401)]);
    assert.equal(answers.filter(({ headers }) => headers['set-cookie']).length, 1);
  });

  test('on all replicas', async (t) => {
    const store = createMemoryStore({ now: Date.now });
    t.after(() => store.close());
    const { signer, post } = await start(t, { store });
    const other = await createTestService(t, { store, env: signer.env });
    const token = signer.assertion();
    assert.equal((await post(token)).statusCode, 204);
    const headers = { authorization: `Bearer ${token}` };
    const replay = await other.app.inject({ method: 'POST', url: '/session', headers });
    assertProblem(replay, 401, 'assertion_invalid');
  });

  test('for as long as its times are accepted', async (t) => {
    const clock = createManualClock();
    const { signer, post } = await start(t, { clock });
    const token = signer.assertion({ exp: clock.now() / 1_000 + 300 });
    assert.equal((await post(token)).statusCode, 204);
    for (let ms = 0; ms < 335_000; ms += 999) {
      clock.jump(999);
      assert.equal((await post(token)).headers['set-cookie'], undefined);
    }
  });

  test('and a forged one uses up nobody’s jti', async (t) => {
    const { signer, post } = await start(t);
    const jti = randomUUID();
    const forged = createSigner(Date.now, signingKey('k1'));
    assertProblem(await post(forged.assertion({ jti })), 401, 'assertion_invalid');
    assertProblem(await post(signer.assertion({ jti, sub: undefined })), 401, 'assertion_invalid');
    assert.equal((await post(signer.assertion({ jti }))).statusCode, 204);
  });

  test('what the store keeps of its jti has one length, whatever the portal makes of it', async (t) => {
    const keys: string[] = [];
    const store = createStoreProbe();
    const { create } = store;
    store.create = (key, ...rest) => {
      keys.push(key);
      return create(key, ...rest);
    };
    const { login } = await start(t, { store });
    await login({ jti: 'a' });
    await login({ jti: 'x'.repeat(255) });
    const lengths = keys.filter((key) => key.endsWith(':once')).map(({ length }) => length);
    assert.equal(lengths.length, 2);
    assert.equal(new Set(lengths).size, 1);
  });
});

describe('who may bring one', () => {
  test('is a page of the service’s own origin or of a listed one, which may read the answer', async (t) => {
    const { service, signer, post } = await start(t, { env: { ALLOWED_ORIGINS: APP } });
    assert.equal((await post(signer.assertion(), { origin: service.origin })).statusCode, 204);
    const response = await post(signer.assertion(), { origin: APP, 'sec-fetch-site': 'cross-site' });
    assert.equal(response.statusCode, 204);
    assert.equal(response.headers['access-control-allow-origin'], APP);
    assert.equal(response.headers['access-control-allow-credentials'], 'true');
  });

  test('is no other page, whose assertion nobody looks at', async (t) => {
    const store = createStoreProbe();
    const { service, signer, post, login } = await start(t, {
      store,
      env: { ALLOWED_ORIGINS: APP, RATE_LIMIT_SIGN_IN: '1/h' },
    });
    const cookie = await login();
    store.failWith(new StoreUnavailableError());
    const token = signer.assertion();
    const { port } = new URL(service.origin);
    for (const origin of [
      'https://evil.example',
      'https://app.example.evil.example',
      'http://app.example',
      'https://app.example:8443',
      'null',
      '',
      `http://127.0.0.1:${port}`,
    ]) {
      const response = await post(token, { origin, cookie });
      assertProblem(response, 403, 'cross_site_refused');
      assert.equal(response.headers['access-control-allow-origin'], undefined);
      assertKept(response);
    }
    store.failWith(undefined);
    assert.equal((await post(token)).statusCode, 204);
  });

  test('is asked by a preflight that allows the header', async (t) => {
    const { service } = await start(t, { env: { ALLOWED_ORIGINS: APP } });
    const headers = { origin: APP, 'access-control-request-method': 'POST' };
    const response = await service.app.inject({ method: 'OPTIONS', url: '/session', headers });
    assert.match(String(response.headers['access-control-allow-headers']), /\bauthorization\b/);
  });
});

describe('whoever was signed in before in this browser', () => {
  test('is signed out when it was somebody else, and their token revoked', async (t) => {
    const { service, login, session } = await start(t);
    const ada = await login();
    await service.fetch({ url: '/qlik-token', cookie: ada });
    const bruno = await login({ sub: 'bruno' }, { cookie: ada });
    assertProblem(await session(ada), 401, 'session_expired');
    assert.equal((await session(bruno)).json().user.id, 'bruno');
    await until(() => service.sandbox.calls.count({ path: '/oauth/revoke' }) === 1);
  });

  test('gets a new session for the old one when it is the same user; nothing is merged', async (t) => {
    const { service, signer, login, post, session } = await start(t);
    const before = await login({ name: 'Ada', groups: ['EMEA'] });
    await service.fetch({ url: '/qlik-token', cookie: before });
    const answer = await post(signer.assertion(), { cookie: before });
    // One cookie: a portal's server that hands the answer on may look at the first only.
    assert.equal([answer.headers['set-cookie']].flat().length, 1);
    const after = cookieAfter(answer);
    assert.notEqual(after, before);
    assertProblem(await session(before), 401, 'session_expired');
    assert.equal((await session(after)).json().user.name, undefined);
    // Who goes on working needs no other token.
    await service.fetch({ url: '/qlik-token', cookie: after });
    assert.equal(service.mints(), 1);
    assert.equal(service.sandbox.calls.count({ path: '/oauth/revoke' }), 0);
  });

  test('stays signed in when the assertion is refused', async (t) => {
    const { login, session, post } = await start(t);
    const cookie = await login();
    const response = await post('a.b.c', { cookie });
    assertProblem(response, 401, 'assertion_invalid');
    assertKept(response);
    assert.equal((await session(cookie)).statusCode, 200);
  });

  test('cannot plant a session: a cookie from before the sign-in is worth nothing after it', async (t) => {
    const { login, session } = await start(t);
    const planted = await login({ sub: 'bruno' });
    const own = await login({}, { cookie: planted });
    assert.notEqual(own, planted);
    assertProblem(await session(planted), 401, 'session_expired');
  });
});

describe('the answers around it', () => {
  // Guards against a stranger who keeps everybody behind one address from signing in.
  test('are told apart by what was sent alone: no number of failures from an address refuses a good one', async (t) => {
    const { signer, post } = await start(t, { env: { RATE_LIMIT_SIGN_IN: '1/h' } });
    for (let n = 0; n < 40; n += 1) {
      assertProblem(await post(n % 2 === 0 ? 'a.b.c' : undefined), 401, 'assertion_invalid');
      assert.equal((await post(signer.assertion())).statusCode, 204);
    }
  });

  test('without the store are 503, and the assertion is not used up', async (t) => {
    const store = createStoreProbe();
    const { signer, post } = await start(t, { store });
    const token = signer.assertion();
    store.failWith(new StoreUnavailableError(), 'create');
    const away = await post(token);
    assertProblem(away, 503, 'store_unavailable');
    assertKept(away);
    store.failWith(undefined);
    assert.equal((await post(token)).statusCode, 204);
  });

  test('an assertion in the query, the body or a cookie is none', async (t) => {
    const { service, signer } = await start(t);
    const token = signer.assertion();
    const fields = new URLSearchParams({ access_token: token, assertion: token, token });
    for (const request of [
      { url: `/session?${fields}` },
      { url: '/session', payload: Object.fromEntries(fields) },
      {
        url: '/session',
        payload: fields.toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      },
      { url: '/session', headers: { cookie: `assertion=${token}` } },
      { url: '/session', headers: { 'proxy-authorization': `Bearer ${token}`, 'x-authorization': token } },
      { url: '/session', headers: { authorization: `Basic ${token}` } },
      { url: '/session', headers: { authorization: token } },
      { url: '/session', headers: { authorization: `Bearer ${token} ${token}` } },
      { url: '/session', headers: { authorization: `Bearer ${token}, Bearer ${token}` } },
    ])
      assertProblem(await service.app.inject({ method: 'POST', ...request }), 401, 'assertion_invalid');
  });

  test('several Authorization headers are none, whichever is right', async (t) => {
    const { service, signer } = await start(t);
    await service.listen();
    const port = Number(new URL(service.origin).port);
    const send = (...headers: string[]) =>
      sendRaw(
        port,
        `POST /session HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\nContent-Length: 0\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`,
      );
    const right = `Authorization: Bearer ${signer.assertion()}`;
    for (const [one, two] of [
      [right, right],
      [right, 'authorization: Bearer a.b.c'],
      ['AUTHORIZATION: Basic YTpi', right],
    ] as const) {
      assert.match(await send(one, two), /^HTTP\/1\.1 401 .*"code":"assertion_invalid"/s);
    }
    assert.match(await send(right), /^HTTP\/1\.1 204 /);
  });

  test('an assertion larger than a request’s head may be is 431', async (t) => {
    const { service, signer } = await start(t);
    await service.listen();
    const headers = { authorization: `Bearer ${signer.assertion({ groups: ['x'.repeat(20_000)] })}` };
    const response = await fetch(`${service.origin}/session`, { method: 'POST', headers });
    assert.equal(response.status, 431);
    assert.equal(((await response.json()) as { code: string }).code, 'headers_too_large');
  });

  test('HEAD, PUT and the like sign nobody in', async (t) => {
    const { service, signer } = await start(t);
    for (const method of ['HEAD', 'PUT', 'DELETE', 'GET'] as const) {
      const headers = { authorization: `Bearer ${signer.assertion()}`, 'x-http-method-override': 'POST' };
      const response = await service.app.inject({ method, url: '/session', headers });
      assert.ok(response.statusCode >= 400, method);
      assert.equal(response.headers['set-cookie'], undefined);
    }
  });

  test('the other modes have no such route', async (t) => {
    const service = await createTestService(t);
    const headers = { authorization: 'Bearer a.b.c' };
    const response = await service.app.inject({ method: 'POST', url: '/session', headers });
    assertProblem(response, 405, 'method_not_allowed');
    assert.equal(response.headers.allow, 'GET');
  });

  test('no assertion, taken or refused, is in an answer or in the log, and why it was refused is', async (t) => {
    const { service, signer, post } = await start(t);
    const canary = 'canary-5f3a9c1e7b';
    const tokens = [
      signer.assertion({ name: canary }),
      signer.assertion({ iss: canary }),
      signer.assertion({ jti: canary.repeat(100) }),
      signer.assertion({}, { typ: canary }),
      signer.assertion({}, { alg: canary }),
      signer.assertion({}, { crit: [canary], [canary]: 1 }),
      createSigner(Date.now, signingKey('k1')).assertion({ sub: canary }),
      `${canary}.${canary}.${canary}`,
    ];
    const answers: LightMyRequestResponse[] = [];
    for (const token of tokens) answers.push(await post(token));
    const told = answers.map(({ body, headers }) => body + JSON.stringify(headers)).join('\n');
    const written = service.logged.join('\n');
    for (const text of [canary, ...tokens.flatMap((token) => token.split('.'))]) {
      assert.ok(!told.includes(text), text);
      assert.ok(!written.includes(text), text);
    }
    const reasons = service.entries('login.refused').map(({ err }) => (err as Error).message);
    assert.equal(reasons.length, tokens.length - 1);
    assert.deepEqual(
      answers.slice(1).map((answer) => answer.json().detail),
      reasons,
    );
    assert.match(reasons.join(), /iss is missing or not as it must be.*jti.*typ.*alg.*signature/);
  });
});

describe('GET /login, where the helper leads who has no session', () => {
  test('leads back to the page, which signs in while it is loaded', async (t) => {
    const { service } = await start(t, { env: { ALLOWED_ORIGINS: APP } });
    for (const [returnTo, location] of [
      [`${APP}/sales?x=1`, `${APP}/sales?x=1`],
      ['/sales', '/sales'],
      ['https://evil.example/', '/'],
      ['//evil.example', '/'],
    ]) {
      const url = `/login?${new URLSearchParams({ returnTo: returnTo as string })}`;
      const response = await service.app.inject({ url });
      assert.equal(response.statusCode, 303);
      assert.equal(response.headers.location, location);
      assert.equal(response.headers['cache-control'], 'no-store');
      assert.deepEqual(cookieFate(response, COOKIE), { kept: true });
    }
  });
});

/** The `Cookie` header that a browser sends after this answer. */
function cookieAfter(response: LightMyRequestResponse): string {
  const fate = cookieFate(response, COOKIE);
  assert.ok('header' in fate, response.body);
  return fate.header;
}
