import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { CLIENT_SECRET, type RealProvider, startRealProvider } from '../support/oidc-provider.ts';
import {
  cookieOf,
  createTestService,
  freePort,
  type TestService,
  type TestServiceOptions,
} from '../support/test-service.ts';
import { until } from '../support/until.ts';
import { createVisitor, type Visitor } from '../support/visitor.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const SESSION = 'qlik_token_broker';
type Problem = { code: string };

const LOGIN = /^qlik_token_broker_login_/;

interface Bench {
  readonly service: TestService;
  readonly idp: RealProvider;
  /** Signs the user in in this browser; resolves to where that ended. */
  login(visitor: Visitor, user: string, path?: string): Promise<string>;
  /** The status of `GET /session` in this browser. */
  session(visitor: Visitor): Promise<number>;
}

async function start(t: TestContext, options: TestServiceOptions = {}): Promise<Bench> {
  const port = await freePort();
  const idp = await startRealProvider(t, { serviceOrigin: `http://localhost:${port}` });
  const service = await createTestService(t, { ...options, port, env: { ...idp.env, ...options.env } });
  await service.listen();
  return {
    service,
    idp,
    async login(visitor, user, path = '/login?returnTo=/page') {
      idp.signsIn = user;
      const { url } = await visitor.go(service.origin + path, `${service.origin}/page`);
      return url;
    },
    session: async (visitor) =>
      (await service.fetch({ url: '/session', cookie: visitor.cookie() })).statusCode,
  };
}

const logins = (visitor: Visitor) => [...visitor.cookies.keys()].filter((name) => LOGIN.test(name));

describe('a sign-in with a real provider', () => {
  test('ends at returnTo, says who it is, and leaves no state behind', async (t) => {
    const { service, login } = await start(t);
    const visitor = createVisitor();
    assert.equal(await login(visitor, 'ada'), `${service.origin}/page`);
    const { user } = (await service.fetch({ url: '/session', cookie: visitor.cookie() })).json();
    assert.deepEqual([user.id, user.name, user.email], ['ada', 'Ada', 'ada@example.com']);
    assert.deepEqual(logins(visitor), []);
    const token = await service.fetch({ url: '/qlik-token', cookie: visitor.cookie() });
    assert.equal(token.statusCode, 200);
  });

  test('asks with code, S256, state, nonce and the address below PUBLIC_URL, whatever Host says', async (t) => {
    const { service, idp } = await start(t);
    await until(async () => (await service.fetch({ url: '/readyz' })).json().checks.idp === 'ok');
    const response = await service.fetch({ url: '/login', headers: { host: 'evil.example' } });
    assert.equal(response.statusCode, 303);
    const { origin, searchParams } = new URL(String(response.headers.location));
    assert.equal(origin, idp.issuer);
    const { state, nonce, code_challenge, ...rest } = Object.fromEntries(searchParams);
    assert.deepEqual(rest, {
      client_id: 'portal',
      scope: 'openid profile email',
      response_type: 'code',
      redirect_uri: `${service.origin}/login/callback`,
      code_challenge_method: 'S256',
    });
    for (const random of [state, nonce, code_challenge]) assert.match(String(random), /^[\w-]{43}$/);
    assert.equal(response.headers['cache-control'], 'no-store');
  });

  test('keeps its state in a cookie that nobody can read, Lax and for ten minutes', async (t) => {
    const { service } = await start(t, {
      env: { PUBLIC_URL: 'https://broker.example', SESSION_SAME_SITE: 'strict' },
    });
    await until(async () => (await service.fetch({ url: '/readyz' })).json().checks.idp === 'ok');
    const { headers } = await service.fetch({ url: '/login?returnTo=/secret-page' });
    const [cookie = ''] = [headers['set-cookie'] ?? []].flat();
    assert.match(
      cookie,
      /^__Host-qlik_token_broker_login_[\w-]{12}=[\w-]+; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=600$/,
    );
    const value = Buffer.from(cookie.split(/[=;]/)[1] as string, 'base64url').toString('latin1');
    const { searchParams } = new URL(String(headers.location));
    for (const part of ['secret-page', 'verifier', searchParams.get('state') as string])
      assert.ok(!value.includes(part) && !cookie.includes(part), part);
  });

  test('reads no session, and stores nothing, until the provider has sent somebody back', async (t) => {
    const { service } = await start(t);
    await until(async () => (await service.fetch({ url: '/readyz' })).json().checks.idp === 'ok');
    const { headers } = await service.fetch({ url: '/login', cookie: `${SESSION}=garbage` });
    assert.ok([headers['set-cookie']].flat().every((cookie) => LOGIN.test(String(cookie))));
  });

  test('in two tabs at once, begun one after the other or at the same moment, ends in both', async (t) => {
    const { service, idp } = await start(t);
    idp.signsIn = 'ada';
    const visitor = createVisitor();
    const [one, two] = await Promise.all([
      visitor.request(`${service.origin}/login?returnTo=/page?1`),
      visitor.request(`${service.origin}/login?returnTo=/page?2`),
    ]);
    const third = await visitor.request(`${service.origin}/login?returnTo=/page?3`);
    assert.equal(logins(visitor).length, 3);
    for (const [n, response] of [two, third, one].entries()) {
      const end = await visitor.go(String(response.headers.get('location')), `${service.origin}/page`);
      assert.equal(end.url, `${service.origin}/page?${[2, 3, 1][n]}`);
    }
    assert.deepEqual(logins(visitor), []);
  });

  test('that is begun fifty times and never ended leaves five cookies, and the newest one works', async (t) => {
    const { service, idp } = await start(t);
    idp.signsIn = 'ada';
    const visitor = createVisitor();
    let last = '';
    for (let time = 0; time < 50; time += 1) {
      const response = await visitor.request(`${service.origin}/login?returnTo=/page`);
      last = String(response.headers.get('location'));
      assert.ok(logins(visitor).length <= 5);
    }
    assert.equal((await visitor.go(last, `${service.origin}/page`)).url, `${service.origin}/page`);
  });

  test('with a returnTo as long as they may be still fits into a cookie', async (t) => {
    const { service, login } = await start(t);
    const long = `/page?${'x'.repeat(2_000)}`;
    assert.equal(
      await login(createVisitor(), 'ada', `/login?returnTo=${encodeURIComponent(long)}`),
      service.origin + long,
    );
    const swollen = await service.fetch({
      url: `/login?returnTo=${encodeURIComponent(`/${'é'.repeat(2_000)}`)}`,
    });
    assert.ok(String(swollen.headers['set-cookie']).length < 4_096);
  });

  for (const [returnTo, end] of [
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['https://evil.example/', '/'],
    ['javascript:alert(1)', '/'],
    ['/page?a=1#b', '/page?a=1#b'],
  ] as const) {
    test(`with returnTo ${returnTo} ends at ${end}`, async (t) => {
      const { service, idp } = await start(t);
      idp.signsIn = 'ada';
      const visitor = createVisitor();
      const { url } = await visitor.go(
        `${service.origin}/login?returnTo=${encodeURIComponent(returnTo)}`,
        `${service.origin}/login/callback`,
      );
      const response = await visitor.request(url);
      assert.deepEqual([response.status, response.headers.get('location')], [303, end]);
    });
  }

  test('makes a cookie worthless that was planted before, and ends the session of whoever was there', async (t) => {
    const { service, login, session } = await start(t);
    const [victim, before] = [createVisitor(), createVisitor()];
    await login(before, 'bruno');
    victim.cookies.set(SESSION, before.cookies.get(SESSION) as string);
    await login(victim, 'ada');
    assert.notEqual(victim.cookies.get(SESSION), before.cookies.get(SESSION));
    assert.equal(await session(before), 401);
    const { user } = (await service.fetch({ url: '/session', cookie: victim.cookie() })).json();
    assert.equal(user.id, 'ada');
  });

  test('still ends when SESSION_SECRET was rotated meanwhile, and not when the old one was dropped', async (t) => {
    const idp = await startRealProvider(t, { serviceOrigin: 'http://localhost:3000' });
    const replica = async (secrets: string) => {
      const service = await createTestService(t, { env: { ...idp.env, SESSION_SECRET: secrets } });
      await until(async () => (await service.fetch({ url: '/readyz' })).json().checks.idp === 'ok');
      return service;
    };
    const [a, b] = ['a'.repeat(40), 'b'.repeat(40)];
    const begin = await replica(a);
    const started = await begin.fetch({ url: '/login' });
    const cookie = cookieOf(started);
    const state = new URL(String(started.headers.location)).searchParams.get('state');
    for (const [secrets, detail] of [
      [`${b},${a}`, /no answer of the identity provider/],
      [b, /not begun in this browser/],
    ] as const) {
      const service = await replica(secrets);
      const response = await service.fetch({ url: `/login/callback?state=${state}`, cookie });
      assert.match(response.json().detail, detail);
    }
  });
});

describe('a way back that is not the one that was begun', () => {
  test('is refused in another browser, and the browser that began can still end it', async (t) => {
    const { service, idp, session } = await start(t);
    idp.signsIn = 'ada';
    const [ada, other] = [createVisitor(), createVisitor()];
    const { url } = await ada.go(`${service.origin}/login`, `${service.origin}/login/callback`);
    const response = await other.request(url);
    assert.deepEqual([response.status, ((await response.json()) as Problem).code], [400, 'bad_request']);
    assert.equal(await session(other), 401);
    assert.equal((await ada.request(url)).status, 303);
  });

  test('is refused a second time, also when the browser kept its cookie', async (t) => {
    const { service, idp } = await start(t);
    idp.signsIn = 'ada';
    const visitor = createVisitor();
    const { url } = await visitor.go(`${service.origin}/login`, `${service.origin}/login/callback`);
    const kept = visitor.cookie();
    assert.equal((await visitor.request(url)).status, 303);
    const asked = idp.asked.get('/token');
    const again = await fetch(url, { headers: { cookie: kept }, redirect: 'manual' });
    assert.equal(again.status, 400);
    assert.equal(idp.asked.get('/token'), asked);
  });

  test('with an attacker’s code and state signs nobody in', async (t) => {
    const { service, idp, session } = await start(t);
    idp.signsIn = 'bruno';
    const attacker = createVisitor();
    const { url } = await attacker.go(`${service.origin}/login`, `${service.origin}/login/callback`);
    const victim = createVisitor();
    await victim.request(`${service.origin}/login`);
    assert.equal((await victim.request(url)).status, 400);
    assert.equal(await session(victim), 401);
  });

  test('with the right state and another’s code signs nobody in: PKCE', async (t) => {
    const { service, idp, session } = await start(t);
    idp.signsIn = 'bruno';
    const attacker = createVisitor();
    const stolen = await attacker.go(`${service.origin}/login`, `${service.origin}/login/callback`);
    idp.signsIn = 'ada';
    const victim = createVisitor();
    const own = await victim.go(`${service.origin}/login`, `${service.origin}/login/callback`);
    const mixed = new URL(own.url);
    mixed.searchParams.set('code', new URL(stolen.url).searchParams.get('code') as string);
    const response = await victim.request(mixed.href);
    assert.deepEqual([response.status, ((await response.json()) as Problem).code], [400, 'bad_request']);
    assert.equal(await session(victim), 401);
  });

  test('too often from one address is 429, before anybody is asked', async (t) => {
    const { service, idp } = await start(t, { env: { RATE_LIMIT_SIGN_IN: '3/min' } });
    idp.signsIn = 'nobody';
    for (let failure = 0; failure < 3; failure += 1) {
      const { response } = await createVisitor().go(`${service.origin}/login`);
      assert.equal(response?.status, 400);
    }
    const { response } = await createVisitor().go(`${service.origin}/login`);
    assert.equal(response?.status, 429);
  });

  test('shows people a page with a way on, and scripts a problem', async (t) => {
    const { service } = await start(t);
    const url = `/login/callback?state=<script>&code=x`;
    const page = await service.fetch({ url, headers: { accept: 'text/html,*/*' } });
    assert.equal(page.statusCode, 400);
    assert.match(String(page.headers['content-type']), /^text\/html/);
    assert.match(String(page.headers['content-security-policy']), /default-src 'none'.*script-src 'none'/);
    assert.match(page.body, /<a href="&#47;login">|<a href="\/login">/);
    assert.ok(!page.body.includes('<script>'));
    assert.match((await service.fetch({ url })).headers['content-type'] as string, /problem\+json/);
  });
});

describe('POST /logout', () => {
  test('by a form goes through the provider, which then asks anew who it is', async (t) => {
    const { service, idp, login, session } = await start(t);
    const visitor = createVisitor();
    await login(visitor, 'ada');
    const response = await visitor.request(`${service.origin}/logout`, {
      method: 'POST',
      headers: { ...FORM, 'x-csrf': '1' },
      body: '',
    });
    assert.equal(response.status, 303);
    const url = new URL(String(response.headers.get('location')));
    assert.equal(url.origin, idp.issuer);
    assert.equal(url.searchParams.get('post_logout_redirect_uri'), `${service.origin}/`);
    assert.equal(url.searchParams.get('client_id'), 'portal');
    assert.match(String(url.searchParams.get('id_token_hint')), /^[\w-]+\.[\w-]+\.[\w-]+$/);
    assert.equal(await session(visitor), 401);

    const page = await (await visitor.request(url.href)).text();
    const xsrf = /name="xsrf" value="(\w+)"/.exec(page)?.[1] as string;
    const confirmed = await visitor.request(`${idp.issuer}/session/end/confirm`, {
      method: 'POST',
      headers: FORM,
      body: new URLSearchParams({ xsrf, logout: 'yes' }).toString(),
    });
    assert.equal(confirmed.headers.get('location'), `${service.origin}/`);
    idp.signsIn = undefined;
    const asked = await visitor.go(`${service.origin}/login`);
    assert.match(asked.url, /\/interaction\//);
  });

  test('by fetch says where the provider signs out', async (t) => {
    const { service, idp, login } = await start(t, { env: { POST_LOGOUT_URL: '/' } });
    const visitor = createVisitor();
    await login(visitor, 'ada');
    const response = await service.fetch({ method: 'POST', url: '/logout', cookie: visitor.cookie() });
    assert.equal(response.statusCode, 200);
    assert.ok(response.json().endSessionUrl.startsWith(`${idp.issuer}/session/end?`));
  });

  test('without a session leads to no provider', async (t) => {
    const { service } = await start(t);
    const response = await service.fetch({ method: 'POST', url: '/logout' });
    assert.deepEqual(response.json(), {});
  });

  test('at the provider, from elsewhere, ends the session here by back-channel', async (t) => {
    const { service, idp, login, session } = await start(t);
    const [laptop, phone] = [createVisitor(), createVisitor()];
    await login(laptop, 'ada');
    await login(phone, 'ada');
    const page = await (await laptop.request(`${idp.issuer}/session/end`)).text();
    const xsrf = /name="xsrf" value="(\w+)"/.exec(page)?.[1] as string;
    await laptop.request(`${idp.issuer}/session/end/confirm`, {
      method: 'POST',
      headers: FORM,
      body: new URLSearchParams({ xsrf, logout: 'yes' }).toString(),
    });
    await until(async () => (await session(laptop)) === 401);
    assert.equal(await session(phone), 200);
    assert.equal(service.entries('logout.backchannel').length, 1);
  });
});

describe('while the provider is away', () => {
  test('the service starts, /readyz shows it with 200, and sign-ins work once it is there', async (t) => {
    const port = await freePort();
    const idp = await startRealProvider(t, { serviceOrigin: `http://localhost:${port}` });
    idp.away(true);
    const service = await createTestService(t, { port, env: idp.env, random: () => 0 });
    await service.listen();
    const refused = await service.fetch({ url: '/login' });
    assert.deepEqual([refused.statusCode, refused.json().code], [503, 'idp_unavailable']);
    assert.ok(Number(refused.headers['retry-after']) >= 1);
    const ready = await service.fetch({ url: '/readyz' });
    assert.deepEqual([ready.statusCode, ready.json().checks.idp], [200, 'failing']);

    idp.away(false);
    await until(async () => (await service.fetch({ url: '/login' })).statusCode === 303);
    assert.equal((await service.fetch({ url: '/readyz' })).json().checks.idp, 'ok');
  });

  test('those who are signed in notice nothing, a sign-in under way is told, and it is one log line', async (t) => {
    const { service, idp, login, session } = await start(t, { random: () => 0 });
    const [ada, bruno] = [createVisitor(), createVisitor()];
    await login(ada, 'ada');
    idp.signsIn = 'bruno';
    const { url } = await bruno.go(
      `${service.origin}/login?returnTo=/page`,
      `${service.origin}/login/callback`,
    );
    idp.away(true);

    const response = await bruno.request(url);
    assert.deepEqual([response.status, ((await response.json()) as Problem).code], [503, 'idp_unavailable']);
    assert.equal(await session(ada), 200);
    assert.equal((await service.fetch({ url: '/qlik-token', cookie: ada.cookie() })).statusCode, 200);
    assert.equal(
      (await service.fetch({ method: 'POST', url: '/logout', cookie: ada.cookie() })).statusCode,
      200,
    );
    assert.equal((await service.fetch({ url: '/readyz' })).json().checks.idp, 'failing');
    assert.equal(service.entries('idp.troubled').length, 1);

    idp.away(false);
    await until(async () => (await service.fetch({ url: '/readyz' })).json().checks.idp === 'ok');
    assert.ok(!service.logged.join('').includes(CLIENT_SECRET));
  });
});
