import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMemoryStore } from '../../src/store/memory/records.ts';
import {
  type Call,
  createGatewayService,
  type GatewayService,
  gatewayHeaders,
  PROXY_SECRET,
} from '../support/gateway-service.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { sendRaw } from '../support/raw-http.ts';
import { cookieOf, createTestService, SECRET_A, SECRET_B } from '../support/test-service.ts';
import { until } from '../support/until.ts';

/** Every call that depends on a session. */
const CALLS: Call[] = [
  { url: '/qlik-token' },
  { url: '/qlik-token', headers: { accept: 'text/plain' } },
  { method: 'POST', url: '/qlik-token', payload: { rejected: true } },
  { url: '/qlik-config' },
  { url: '/session' },
];
const REVOKE = { path: '/oauth/revoke' };

interface Me {
  readonly subject: string;
}

/** Whose token the tenant says it is; undefined when it is nobody's any more. */
async function ownerOf(service: GatewayService, token: string): Promise<string | undefined> {
  const response = await fetch(`${service.sandbox.url}/api/v1/users/me`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return response.ok ? ((await response.json()) as Me).subject : undefined;
}

async function tokenOf(service: GatewayService, user: string, cookie: string): Promise<string> {
  const response = await service.as(user, { url: '/qlik-token', cookie });
  assert.equal(response.statusCode, 200, response.body);
  return response.json().access_token;
}

describe('a sign-in through the gateway', () => {
  test('ends at returnTo with a session, which the same user can use', async (t) => {
    const service = await createGatewayService(t);
    const login = await service.as('ada', { url: '/login?returnTo=/sales%3Fx=1' });
    assert.deepEqual([login.statusCode, login.headers.location], [303, '/sales?x=1']);
    assert.equal(login.headers['cache-control'], 'no-store');
    const cookie = cookieOf(login);
    for (const call of CALLS)
      assert.equal((await service.as('ada', { ...call, cookie })).statusCode, 200, call.url as string);
    assert.equal(await ownerOf(service, await tokenOf(service, 'ada', cookie)), 'ada');
    const { user } = (await service.as('ada', { url: '/session', cookie })).json();
    assert.deepEqual(user, { id: 'ada', tenant: service.sandbox.url });
  });

  test('keeps what the gateway tells, byte for byte, and an e-mail when the operator trusts it', async (t) => {
    const service = await createGatewayService(t, { env: { TRUST_EMAIL: 'true' } });
    const name = Buffer.from('Åda, Lindqvist').toString('latin1');
    const cookie = await service.enter('ada', {
      'x-forwarded-name': name,
      'x-forwarded-email': 'ada@example.com',
    });
    const { user } = (await service.as('ada', { url: '/session', cookie })).json();
    assert.deepEqual([user.name, user.email], ['Åda, Lindqvist', 'ada@example.com']);
  });

  test('never leads elsewhere', async (t) => {
    const service = await createGatewayService(t);
    for (const returnTo of [
      '//evil.example',
      '/\\evil.example',
      'https://evil.example/',
      '/%09/evil.example',
    ]) {
      const login = await service.as('ada', { url: `/login?returnTo=${encodeURIComponent(returnTo)}` });
      assert.deepEqual([login.statusCode, login.headers.location], [303, '/'], returnTo);
    }
    for (const url of ['/login?returnTo=/a&returnTo=/b', '/login?returnTo=/a%0d%0aSet-Cookie:x']) {
      const login = await service.as('ada', { url });
      assert.deepEqual([login.statusCode, login.headers['set-cookie']], [400, undefined], url);
    }
  });

  test('makes a cookie worthless that was planted before', async (t) => {
    const service = await createGatewayService(t);
    const planted = await service.enter('ada');
    const cookie = await service.enter('ada', {}, planted);
    assert.notEqual(cookie, planted);
    assert.equal((await service.as('ada', { url: '/session', cookie: planted })).statusCode, 401);
    assert.equal((await service.as('ada', { url: '/session', cookie })).statusCode, 200);
  });

  test('is a navigation, or a call of a page that may call; images of other sites open no sessions', async (t) => {
    const service = await createGatewayService(t);
    const status = async (headers: Record<string, string>) =>
      (await service.app.inject({ url: '/login', headers: { ...gatewayHeaders('ada'), ...headers } }))
        .statusCode;
    for (const site of ['none', 'same-origin', 'same-site', 'cross-site'])
      assert.equal(
        await status({ 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }),
        303,
      );
    assert.equal(await status({}), 303);
    // As Node's own fetch sends it.
    assert.equal(await status({ 'sec-fetch-mode': 'cors' }), 303);
    assert.equal(
      await status({ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }),
      303,
    );
    for (const mode of ['no-cors', 'cors', 'websocket'])
      assert.equal(
        await status({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode, 'sec-fetch-dest': 'image' }),
        403,
        mode,
      );
    assert.equal(
      await status({
        origin: 'https://evil.example',
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'cors',
      }),
      403,
    );
  });

  test('is not what a frame of another page does; a portal in a frame goes there itself', async (t) => {
    const service = await createGatewayService(t, { env: { SESSIONS_PER_USER: '3' } });
    const cookie = await service.enter('ada');
    const framed = async (site: string, dest: string) => {
      const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': dest };
      const response = await service.as('ada', { url: '/login', headers });
      return [response.statusCode, response.headers['set-cookie'] !== undefined];
    };
    for (const site of ['cross-site', 'same-site', 'none'])
      for (const dest of ['iframe', 'frame', 'object', 'embed', 'fencedframe'])
        assert.deepEqual(await framed(site, dest), [403, false], `${site} ${dest}`);
    assert.equal((await service.as('ada', { url: '/session', cookie })).statusCode, 200);
    assert.deepEqual(await framed('same-origin', 'iframe'), [303, true]);
  });

  test('to which another site leads keeps a session that says the same, however often', async (t) => {
    const service = await createGatewayService(t, { env: { SESSIONS_PER_USER: '3' } });
    const elsewhere = await service.enter('ada');
    const cookie = await service.enter('ada');
    const led = (user: string, more: Record<string, string> = {}) =>
      service.as(user, {
        url: '/login?returnTo=/sales',
        cookie,
        headers: {
          'sec-fetch-site': 'cross-site',
          'sec-fetch-mode': 'navigate',
          'sec-fetch-dest': 'document',
          ...more,
        },
      });
    for (let n = 0; n < 5; n += 1) {
      const { statusCode, headers } = await led('ada');
      assert.deepEqual([statusCode, headers.location, headers['set-cookie']], [303, '/sales', undefined]);
    }
    for (const kept of [elsewhere, cookie])
      assert.equal((await service.as('ada', { url: '/session', cookie: kept })).statusCode, 200);
    assert.equal(service.entries('session.opened').length, 2);

    // News of the user: another session in its place.
    const news = cookieOf(await led('ada', { 'x-forwarded-name': 'Ada L.' }))
      .split('; ')
      .at(-1);
    assert.equal((await service.as('ada', { url: '/session', cookie })).statusCode, 401);
    assert.equal((await service.as('ada', { url: '/session', cookie: news })).json().user.name, 'Ada L.');
  });

  test('of another user, to which another site leads, keeps no session', async (t) => {
    const service = await createGatewayService(t);
    const planted = await service.enter('eve');
    const headers = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    const login = await service.as('ada', { url: '/login', cookie: planted, headers });
    const cookie = cookieOf(login).split('; ').at(-1);
    assert.equal((await service.as('ada', { url: '/session', cookie })).json().user.id, 'ada');
    assert.equal((await service.as('eve', { url: '/session', cookie: planted })).statusCode, 401);
  });

  test('shows people who are not signed in at the gateway a page that leads in no circle, and scripts the problem', async (t) => {
    const service = await createGatewayService(t);
    const page = await service.as(undefined, {
      url: '/login?returnTo=/sales',
      headers: { accept: 'text/html' },
    });
    assert.equal(page.statusCode, 401);
    assert.match(page.body, /did not say who you are.*Nobody is signed in at the gateway\./s);
    assert.doesNotMatch(page.body, /href="\/login/);
    const problem = await service.as(undefined, { url: '/login' });
    assert.deepEqual([problem.statusCode, problem.json().code], [401, 'session_required']);
    assert.deepEqual([page.headers['set-cookie'], problem.headers['set-cookie']], [undefined, undefined]);
  });
});

describe('the session follows the header', () => {
  test('gone: each call is 401, and the session is there again when the same user is', async (t) => {
    const service = await createGatewayService(t);
    const cookie = await service.enter('ada');
    await tokenOf(service, 'ada', cookie);
    for (const call of CALLS) {
      const response = await service.as(undefined, { ...call, cookie });
      assert.deepEqual(
        [response.statusCode, response.json().code],
        [401, 'session_required'],
        call.url as string,
      );
      assert.equal(response.headers['set-cookie'], undefined);
      assert.match(String(response.headers['cache-control']), /no-store/);
    }
    assert.equal((await service.as('ada', { url: '/session', cookie })).statusCode, 200);
  });

  test('gone: asking does not keep the session alive', async (t) => {
    const clock = createManualClock();
    const service = await createGatewayService(t, { clock });
    const cookie = await service.enter('ada');
    for (let minute = 0; minute < 31; minute += 1) {
      await clock.advance(60_000);
      assert.equal((await service.as(undefined, { url: '/qlik-token', cookie })).statusCode, 401);
    }
    const response = await service.as('ada', { url: '/session', cookie });
    assert.deepEqual([response.statusCode, response.json().code], [401, 'session_expired']);
  });

  for (const call of CALLS) {
    const name = `${call.method ?? 'GET'} ${call.url}${call.headers ? ' as text' : ''}`;
    test(`another user, at ${name}: 401, the session has ended and its token is revoked`, async (t) => {
      const service = await createGatewayService(t);
      const cookie = await service.enter('ada');
      const token = await tokenOf(service, 'ada', cookie);

      const response = await service.as('bruno', { ...call, cookie });
      assert.deepEqual([response.statusCode, response.json().code], [401, 'session_required']);
      assert.equal(response.headers['set-cookie'], undefined);
      assert.ok(!response.body.includes(token));
      assert.equal(service.mints(), 1);
      await until(() => service.sandbox.calls.count(REVOKE) === 1);

      const back = await service.as('ada', { url: '/session', cookie });
      assert.deepEqual([back.statusCode, back.json().code], [401, 'session_expired']);
    });
  }

  test('another user, at the sign-in: another session, the other’s token, and never the first one’s', async (t) => {
    const service = await createGatewayService(t);
    const first = await service.enter('ada');
    const token = await tokenOf(service, 'ada', first);
    const second = await service.enter('bruno', {}, first);
    assert.notEqual(second, first);
    assert.equal(await ownerOf(service, await tokenOf(service, 'bruno', second)), 'bruno');
    await until(async () => (await ownerOf(service, token)) === undefined);
    assert.equal((await service.as('ada', { url: '/session', cookie: first })).statusCode, 401);
    // The new session is bruno’s alone.
    assert.equal((await service.as('ada', { url: '/session', cookie: second })).statusCode, 401);
  });

  test('the same user without a tenant is another user than with one', async (t) => {
    const service = await createGatewayService(t);
    const tenant = { 'x-forwarded-tenant': new URL(service.sandbox.url).host };
    const cookie = await service.enter('ada', tenant);
    const session = (named: Record<string, string>) =>
      service.as('ada', { url: '/session', cookie, headers: named });
    assert.equal((await session(tenant)).statusCode, 200);
    assert.equal((await session({})).statusCode, 401);
    assert.equal((await session(tenant)).statusCode, 401);
  });

  test('whoever is named with another tenant gets nothing here, and the log says so', async (t) => {
    const service = await createGatewayService(t);
    const named = { 'x-forwarded-tenant': 'another.eu.qlikcloud.com' };
    const { statusCode, body, headers } = await service.as('ada', { url: '/login', headers: named });
    assert.deepEqual([statusCode, JSON.parse(body).code], [403, 'tenant_unknown']);
    assert.equal(headers['set-cookie'], undefined);
    assert.equal(service.mints(), 0);
    assert.equal(service.entries('request.refused').at(-1)?.code, 'tenant_unknown');
  });

  test('ada, then Ada: another user', async (t) => {
    const service = await createGatewayService(t);
    const cookie = await service.enter('ada');
    assert.equal((await service.as('Ada', { url: '/session', cookie })).statusCode, 401);
  });

  test('another user while a token is minted for the first: the late token is the first one’s alone', async (t) => {
    const service = await createGatewayService(t);
    const cookie = await service.enter('ada');
    service.sandbox.faults.add({
      match: { path: '/oauth/token' },
      effect: { type: 'latency', delayMs: 300 },
    });
    const slow = service.as('ada', { url: '/qlik-token', cookie });
    await until(() => service.mints() === 1);
    const second = await service.enter('bruno', {}, cookie);

    const late = await slow;
    assert.deepEqual([late.statusCode, late.json().code], [401, 'session_expired']);
    assert.equal(await ownerOf(service, await tokenOf(service, 'bruno', second)), 'bruno');
    await until(() => service.sandbox.calls.count(REVOKE) === 1);
  });

  test('another user: the cookie is not signed anew after a rotation either', async (t) => {
    const store = createMemoryStore({ now: Date.now });
    const before = await createGatewayService(t, { store });
    const after = await createGatewayService(t, {
      store,
      env: { SESSION_SECRET: `${SECRET_B},${SECRET_A}` },
    });
    const cookie = await before.enter('ada');
    const own = await after.as('ada', { url: '/session', cookie });
    assert.match(String(own.headers['set-cookie']), /^qlik_token_broker=/);
    const other = await after.as('bruno', { url: '/session', cookie });
    assert.deepEqual([other.statusCode, other.headers['set-cookie']], [401, undefined]);
  });

  test('two users in turn, at once and again and again: each token is of whoever is named with it', async (t) => {
    const service = await createGatewayService(t);
    const cookies = { ada: await service.enter('ada'), bruno: await service.enter('bruno') };
    const owners = new Map<string, string>();
    await Promise.all(
      Array.from({ length: 300 }, async (_, turn) => {
        const user = turn % 2 ? 'ada' : 'bruno';
        const token = await tokenOf(service, user, cookies[user]);
        assert.equal(owners.get(token) ?? user, user);
        owners.set(token, user);
      }),
    );
    for (const [token, user] of owners) assert.equal(await ownerOf(service, token), user);
  });
});

describe('what does not come from the gateway', () => {
  const others: [string, Call][] = [
    ['from another address', { remoteAddress: '203.0.113.9' }],
    ['from an IPv6 address', { remoteAddress: '::1' }],
    [
      'that claims the gateway’s address',
      { remoteAddress: '203.0.113.9', headers: { 'x-forwarded-for': '127.0.0.1' } },
    ],
    ['without the secret', { headers: { 'x-proxy-secret': '' } }],
    ['with another secret', { headers: { 'x-proxy-secret': `${PROXY_SECRET.slice(0, -1)}0` } }],
    [
      'with the secret twice',
      { headers: { 'x-proxy-secret': [PROXY_SECRET, PROXY_SECRET] as unknown as string } },
    ],
    [
      'with the secret as a bearer token',
      { headers: { 'x-proxy-secret': '', authorization: `Bearer ${PROXY_SECRET}` } },
    ],
  ];
  for (const [how, call] of others) {
    test(`${how}: 401 at each call, no session, nothing minted, and the cookie stays`, async (t) => {
      const service = await createGatewayService(t);
      const cookie = await service.enter('ada');
      for (const { headers, ...other } of CALLS) {
        const response = await service.as('ada', {
          ...call,
          ...other,
          cookie,
          headers: { ...headers, ...call.headers },
        });
        assert.deepEqual(
          [response.statusCode, response.json().code],
          [401, 'session_required'],
          other.url as string,
        );
        assert.equal(response.headers['set-cookie'], undefined);
      }
      const login = await service.as('ada', { ...call, url: '/login' });
      assert.deepEqual([login.statusCode, login.headers['set-cookie']], [401, undefined]);
      assert.equal(service.mints(), 0);
      assert.equal((await service.as('ada', { url: '/session', cookie })).statusCode, 200);
    });
  }

  test('is warned of once a minute for each reason, without the secret, the user or the headers', async (t) => {
    const clock = createManualClock();
    const service = await createGatewayService(t, { clock });
    const warnings = () => service.entries('gateway.bypassed');
    const wrong = 'guessed-secret-0123456789abcdef0123456789';
    for (let time = 0; time < 5; time += 1) {
      await service.as('canary-user', { url: '/qlik-token', remoteAddress: '203.0.113.9' });
      await service.as('canary-user', { url: '/qlik-token', headers: { 'x-proxy-secret': wrong } });
    }
    assert.deepEqual(
      warnings().map(({ level, why, peer }) => [level, why, peer]),
      [
        [40, 'its address is not in TRUSTED_PROXIES', '203.0.113.9'],
        [40, 'it lacks the right PROXY_SECRET', '127.0.0.1'],
      ],
    );
    await clock.advance(60_000);
    await service.as('canary-user', { url: '/qlik-token', remoteAddress: '203.0.113.9' });
    assert.equal(warnings().length, 3);
    for (const canary of ['canary-user', wrong, PROXY_SECRET])
      assert.ok(!service.logged.join().includes(canary));
  });

  test('a mapped IPv4 address is the gateway’s', async (t) => {
    const service = await createGatewayService(t);
    const login = await service.as('ada', { url: '/login', remoteAddress: '::ffff:127.0.0.1' });
    assert.equal(login.statusCode, 303);
  });

  test('no path, user agent or method exempts a request', async (t) => {
    const service = await createGatewayService(t);
    const cookie = await service.enter('ada');
    for (const url of ['/qlik-token?x=/livez', '/livez/../qlik-token', '/session?x=/login']) {
      const headers = { 'user-agent': 'kube-probe/1.0' };
      const response = await service.fetch({ url, cookie, headers });
      assert.equal(response.statusCode, 401, url);
    }
    assert.equal((await service.as('ada', { method: 'HEAD', url: '/login' })).statusCode, 405);
    assert.equal(service.mints(), 0);
  });

  test('in another mode the headers mean nothing', async (t) => {
    const service = await createTestService(t, { env: { TRUSTED_PROXIES: '127.0.0.1' } });
    const response = await service.fetch({ url: '/qlik-token', headers: gatewayHeaders('ada') });
    assert.equal(response.statusCode, 401);
    const cookie = await service.login('ada');
    const own = await service.fetch({ url: '/session', cookie, headers: gatewayHeaders('bruno') });
    assert.equal(own.json().user.id, 'ada');
  });
});

describe('on the wire', () => {
  const doubled: [string, string[]][] = [
    ['twice', ['X-Forwarded-User: ada', 'X-Forwarded-User: eve']],
    ['twice, the client’s first', ['x-forwarded-user: eve', 'X-Forwarded-User: ada']],
    ['beside one with underscores', ['X_Forwarded_User: eve', 'X-Forwarded-User: ada']],
    ['folded into one', ['X-Forwarded-User: ada, eve']],
    [
      'beside a tenant that is there twice',
      ['X-Forwarded-User: ada', 'X-Forwarded-Tenant: a', 'X-Forwarded-Tenant: b'],
    ],
    ['as bytes that are no UTF-8', ['X-Forwarded-User: ad\xe0']],
    ['with 300 characters', [`X-Forwarded-User: ${'a'.repeat(300)}`]],
  ];
  for (const [how, lines] of doubled) {
    test(`the user ${how}: 400 everywhere, and the session stays`, async (t) => {
      const service = await createGatewayService(t);
      const port = Number(new URL(await service.listen()).port);
      const cookie = await service.enter('ada');
      for (const path of ['/login', '/qlik-token', '/session']) {
        const bytes = [
          `GET ${path} HTTP/1.1`,
          ...['Host: localhost', 'X-CSRF: 1', `Cookie: ${cookie}`, `X-Proxy-Secret: ${PROXY_SECRET}`],
          ...lines,
          ...['Connection: close', '', ''],
        ].join('\r\n');
        const answer = await sendRaw(port, Buffer.from(bytes, 'latin1'));
        assert.match(answer, /^HTTP\/1\.1 400 .*"code":"bad_request"/s, path);
        assert.doesNotMatch(answer, /^set-cookie/im);
      }
      assert.equal((await service.as('ada', { url: '/session', cookie })).statusCode, 200);
    });
  }
});

describe('a sign-out', () => {
  const logout = (payload = {}): Call => ({ method: 'POST', url: '/logout', payload });

  test('ends the session here, revokes the token, and says where the gateway’s sign-out is', async (t) => {
    const service = await createGatewayService(t, { env: { POST_LOGOUT_URL: '/oauth2/sign_out' } });
    const cookie = await service.enter('ada');
    await tokenOf(service, 'ada', cookie);
    const response = await service.as('ada', { ...logout(), cookie });
    assert.deepEqual(response.json(), { endSessionUrl: `${service.origin}/oauth2/sign_out` });
    assert.match(String(response.headers['set-cookie']), /Max-Age=0/);
    await until(() => service.sandbox.calls.count(REVOKE) === 1);
    assert.equal((await service.as('ada', { url: '/session', cookie })).statusCode, 401);
    // The gateway still names the user.
    assert.equal((await service.as('ada', { url: '/login' })).statusCode, 303);
  });

  test('of a form leads there', async (t) => {
    const service = await createGatewayService(t, { env: { POST_LOGOUT_URL: '/oauth2/sign_out' } });
    const cookie = await service.enter('ada');
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const response = await service.as('ada', {
      method: 'POST',
      url: '/logout',
      cookie,
      headers: form,
      payload: '',
    });
    assert.deepEqual(
      [response.statusCode, response.headers.location],
      [303, `${service.origin}/oauth2/sign_out`],
    );
  });

  test('names no place when none is configured', async (t) => {
    const service = await createGatewayService(t);
    const cookie = await service.enter('ada');
    assert.deepEqual((await service.as('ada', { ...logout(), cookie })).json(), {});
  });

  test('works when the gateway has signed the user out before', async (t) => {
    const service = await createGatewayService(t);
    const cookie = await service.enter('ada');
    assert.equal((await service.as(undefined, { ...logout(), cookie })).statusCode, 200);
    assert.equal((await service.as('ada', { url: '/session', cookie })).statusCode, 401);
  });

  test('everywhere ends all of the user’s sessions, if it is the user who says so', async (t) => {
    const service = await createGatewayService(t);
    const status = async (cookie: string) =>
      (await service.as('ada', { url: '/session', cookie })).statusCode;
    const [own, other] = [await service.enter('ada'), await service.enter('ada')];
    await service.as('ada', { ...logout({ everywhere: true }), cookie: own });
    assert.deepEqual([await status(own), await status(other)], [401, 401]);
  });

  for (const [who, user] of [
    ['somebody else', 'bruno'],
    ['nobody', undefined],
  ] as const) {
    test(`everywhere, by ${who} with the user’s cookie, ends that session only`, async (t) => {
      const service = await createGatewayService(t);
      const status = async (cookie: string) =>
        (await service.as('ada', { url: '/session', cookie })).statusCode;
      const [own, other] = [await service.enter('ada'), await service.enter('ada')];
      assert.equal(
        (await service.as(user, { ...logout({ everywhere: true }), cookie: own })).statusCode,
        200,
      );
      assert.deepEqual([await status(own), await status(other)], [401, 200]);
    });
  }
});
