import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createStoreProbe, WRITES } from '../session/store-probe.ts';
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
    for (const random of [nonce, code_challenge]) assert.match(String(random), /^[\w-]{43}$/);
    assert.match(String(state), /^[\w-]{200,400}$/);
    assert.equal(response.headers['cache-control'], 'no-store');
  });

  test('keeps a secret in a cookie, Lax and for ten minutes, and what it needs sealed in its state', async (t) => {
    const { service } = await start(t, {
      env: { PUBLIC_URL: 'https://broker.example', SESSION_SAME_SITE: 'strict' },
    });
    await until(async () => (await service.fetch({ url: '/readyz' })).json().checks.idp === 'ok');
    const { headers } = await service.fetch({ url: '/login?returnTo=/secret-page' });
    const [cookie = ''] = [headers['set-cookie'] ?? []].flat();
    assert.match(
      cookie,
      /^__Host-qlik_token_broker_login_[\w-]{8}=[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=600$/,
    );
    assert.ok(!String(headers.location).includes('secret-page'));
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

  test('that is begun fifty times and never ended leaves 2 kB of cookies, and the newest one works; then few are left', async (t) => {
    const { service, idp } = await start(t);
    idp.signsIn = 'ada';
    const visitor = createVisitor();
    let last = '';
    for (let time = 0; time < 50; time += 1) {
      const response = await visitor.request(`${service.origin}/login?returnTo=/page`);
      last = String(response.headers.get('location'));
      assert.ok(visitor.cookie().length < 2_000);
    }
    assert.equal((await visitor.go(last, `${service.origin}/page`)).url, `${service.origin}/page`);
    assert.deepEqual(logins(visitor), []);
  });

  for (const [what, returnTo, end] of [
    ['1,000 characters', `/page?${'x'.repeat(994)}`],
    ['1,000 characters of Latin', `/page?${'é'.repeat(994)}`],
    ['1,000 characters of Chinese', `/page?${'語'.repeat(994)}`],
    ['a longer query, which is lost', `/page?${'x'.repeat(2_000)}#a`, '/page'],
  ] as const) {
    test(`with a returnTo of ${what} ends there`, async (t) => {
      const { service, login } = await start(t);
      const url = new URL(end ?? returnTo, service.origin).href;
      const begun = `/login?returnTo=${encodeURIComponent(returnTo)}`;
      assert.equal(await login(createVisitor(), 'ada', begun), url);
    });
  }

  // As the tabs of a browser that was closed overnight.
  test('in twelve tabs that wake up at once, with deep links, ends in each, and leaves less than 3 kB', async (t) => {
    const { service, idp } = await start(t);
    idp.signsIn = 'ada';
    const visitor = createVisitor();
    const links = Array.from({ length: 12 }, (_, n) => `/page?${n}${'x'.repeat(1_190)}`);
    const begun = await Promise.all(
      links.map((link) => visitor.request(`${service.origin}/login?returnTo=${encodeURIComponent(link)}`)),
    );
    assert.ok(visitor.cookie().length < 3_000, `${visitor.cookie().length}`);
    const ends = [];
    for (const response of begun)
      ends.push((await visitor.go(String(response.headers.get('location')), `${service.origin}/page`)).url);
    assert.deepEqual(
      ends,
      links.map((link) => service.origin + link),
    );
    assert.deepEqual(logins(visitor), []);
    assert.ok(visitor.cookie().length < 3_000);
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
      const env = { ...idp.env, SESSION_SECRET: secrets, PUBLIC_URL: 'http://localhost:3000' };
      const service = await createTestService(t, { env });
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

  // Guards against a stranger who keeps everybody behind one address from signing in.
  for (const [what, junk] of [
    ['without a state', () => '/login/callback?code=x'],
    ['with a state of nobody’s', () => '/login/callback?code=x&state=x'],
    ['with an error of the browser’s own', () => '/login/callback?error=server_error&state=x'],
  ] as const) {
    test(`${what}, forty times and more, keeps nobody there from signing in, and leaves the store and the provider alone`, async (t) => {
      const store = createStoreProbe();
      const { service, idp, login } = await start(t, { store });
      await login(createVisitor(), 'ada');
      const asked = idp.asked.get('/token');
      store.clear();
      for (let n = 0; n < 40; n += 1) {
        const { statusCode } = await service.fetch({ url: junk() });
        assert.equal(statusCode, 400);
      }
      assert.deepEqual([store.count(), idp.asked.get('/token')], [0, asked]);
      assert.equal((await service.fetch({ url: '/readyz' })).json().checks.idp, 'ok');
      for (let n = 0; n < 5; n += 1)
        assert.equal(await login(createVisitor(), 'ada'), `${service.origin}/page`);
    });
  }

  test('with a state of its own and a code of nobody’s, again and again, keeps nobody there from signing in', async (t) => {
    const { service, idp, login } = await start(t, { env: { RATE_LIMIT_SIGN_IN: '2/h' } });
    await until(async () => (await service.fetch({ url: '/readyz' })).json().checks.idp === 'ok');
    async function junk(): Promise<number> {
      const begun = await service.fetch({ url: '/login' });
      const state = new URL(String(begun.headers.location)).searchParams.get('state');
      const url = `/login/callback?code=junk&state=${state}&iss=${encodeURIComponent(idp.issuer)}`;
      return (await service.fetch({ url, cookie: cookieOf(begun) })).statusCode;
    }
    for (let n = 0; n < 10; n += 1) assert.equal(await junk(), 400);
    const [ended] = await Promise.all([login(createVisitor(), 'ada'), junk(), junk(), junk()]);
    assert.equal(ended, `${service.origin}/page`);
    assert.equal(
      (await service.fetch({ url: '/login/callback?code=x' })).statusCode,
      429,
      'who brings nothing',
    );
  });

  test('with an error that the browser brings never marks the provider as failing, and stores nothing', async (t) => {
    const store = createStoreProbe();
    const { service, idp } = await start(t, { store });
    await until(async () => (await service.fetch({ url: '/readyz' })).json().checks.idp === 'ok');
    for (const [error, status] of [
      ['server_error', 503],
      ['temporarily_unavailable', 503],
      ['access_denied', 400],
      ['made_up', 502],
    ] as const) {
      const begun = await service.fetch({ url: '/login' });
      const state = new URL(String(begun.headers.location)).searchParams.get('state');
      const url = `/login/callback?error=${error}&state=${state}&iss=${encodeURIComponent(idp.issuer)}`;
      assert.equal((await service.fetch({ url, cookie: cookieOf(begun) })).statusCode, status, error);
    }
    assert.deepEqual([store.count(...WRITES), service.entries('idp.troubled')], [0, []]);
    assert.equal((await service.fetch({ url: '/readyz' })).json().checks.idp, 'ok');
  });

  test('shows people a page with a way on, and scripts a problem', async (t) => {
    const { service } = await start(t);
    const url = `/login/callback?state=<script>&code=x`;
    const page = await service.fetch({ url, headers: { accept: 'text/html,*/*' } });
    assert.equal(page.statusCode, 400);
    assert.match(String(page.headers['content-type']), /^text\/html/);
    assert.match(String(page.headers['content-security-policy']), /default-src 'none'.*script-src 'none'/);
    assert.match(page.body, /<a [^>]*href="\/login">/);
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
