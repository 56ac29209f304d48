import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createSigner } from '../support/assertions.ts';
import { createDirectoryService, type ShownUser } from '../support/directory-service.ts';
import { createGatewayService, PROXY_SECRET } from '../support/gateway-service.ts';
import { startRealProvider } from '../support/oidc-provider.ts';
import { sendRaw } from '../support/raw-http.ts';
import { createTestService, freePort, type TestService } from '../support/test-service.ts';
import { createVisitor, type Visitor } from '../support/visitor.ts';

const HTML = { accept: 'text/html' };
const MANAGEMENT = ({ managementClient }: TestService['sandbox']) => ({
  QLIK_ADMIN_CLIENT_ID: managementClient.clientId,
  QLIK_ADMIN_CLIENT_SECRET: managementClient.clientSecret,
});

/** A service before the real provider, which says this of `ada`. */
async function withProvider(
  t: TestContext,
  claims: Record<string, unknown>,
  env: Record<string, string> = {},
  mapping: 'subject' | 'provision' = 'subject',
) {
  const port = await freePort();
  const idp = await startRealProvider(t, { serviceOrigin: `http://localhost:${port}`, claims });
  idp.signsIn = 'ada';
  const service = await createTestService(t, {
    port,
    env: (sandbox) => ({
      ...idp.env,
      ...(mapping === 'provision' && { USER_MAPPING: mapping, ...MANAGEMENT(sandbox) }),
      ...env,
    }),
  });
  await service.listen();
  const go = (visitor: Visitor, path = '/login?returnTo=/page') =>
    visitor.go(`${service.origin}${path}`, `${service.origin}/page`);
  return { service, idp, go };
}

/** Signs in, and resolves to the last answer, undefined when that was a session. */
async function login(
  { service }: { service: TestService },
  visitor: Visitor,
): Promise<{ status: number; body: string } | undefined> {
  let url = `${service.origin}/login?returnTo=/page`;
  for (;;) {
    const response = await visitor.request(url, { headers: HTML });
    const location = response.headers.get('location');
    if (location === null) return { status: response.status, body: await response.text() };
    url = new URL(location, url).href;
    if (url === `${service.origin}/page`) return undefined;
  }
}

async function groupsAtQlik(service: TestService): Promise<string[]> {
  const { managementClient, url } = service.sandbox;
  const { access_token } = (await (
    await fetch(`${url}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        grant_type: 'client_credentials',
        client_id: managementClient.clientId,
        client_secret: managementClient.clientSecret,
      }),
    })
  ).json()) as { access_token: string };
  const found = await fetch(`${url}/api/v1/users/actions/filter`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${access_token}` },
    body: JSON.stringify({ filter: 'subject eq "ada"' }),
  });
  const { data } = (await found.json()) as { data: ShownUser[] };
  return data.flatMap(({ assignedGroups }) => assignedGroups.map(({ name }) => name));
}

describe('groups, as the real provider tells them', () => {
  const shapes: [string, Record<string, unknown>, string[], string | undefined][] = [
    ['one text', { groups: 'New' }, ['New'], undefined],
    ['objects with a name', { groups: [{ name: 'New', id: '7' }] }, ['New'], undefined],
    ['objects with a displayName', { groups: [{ displayName: 'New' }] }, ['New'], undefined],
    ['none', { groups: [] }, [], undefined],
    ['nothing', {}, ['EMEA Sales'], undefined],
    ['more than are sent', { groups: ['New'], _claim_names: { groups: 'src1' } }, ['EMEA Sales'], 'overage'],
    ['a number among them', { groups: ['New', 7] }, ['EMEA Sales'], 'wrong_type'],
    ['an object', { groups: { New: true } }, ['EMEA Sales'], 'wrong_type'],
    ['too many', { groups: Array.from({ length: 501 }, (_, n) => `g-${n}`) }, ['EMEA Sales'], 'too_large'],
  ];
  for (const [what, claims, expected, why] of shapes) {
    test(`${what}: at Qlik they are ${JSON.stringify(expected)}`, async (t) => {
      const { service, go } = await withProvider(t, claims, {}, 'provision');
      const visitor = createVisitor();
      await go(visitor);
      const token = await service.fetch({ url: '/qlik-token', cookie: visitor.cookie() });
      assert.equal(token.statusCode, 200, token.body);
      assert.deepEqual(await groupsAtQlik(service), expected);
      const told = service.entries('login.claim_not_understood');
      assert.deepEqual(
        told.map((line) => [line.user, line.claim, line.why]),
        why === undefined ? [] : [[{ id: 'ada' }, 'groups', why]],
      );
      const metrics = (await service.adminApp.inject({ url: '/metrics' })).body;
      const counted = /claims_not_understood_total\{claim="groups",why="(\w+)"\} 1/.exec(metrics)?.[1];
      assert.equal(counted, why);
      if (why !== undefined && what !== 'an object') assert.ok(!service.logged.join().includes('New'));
    });
  }

  test('that are not understood refuse the sign-in when the operator is strict, and nothing is done at Qlik', async (t) => {
    const strict = { GROUPS_STRICT: 'true' };
    const bench = await withProvider(t, { groups: ['New', 7] }, strict, 'provision');
    const calls = bench.service.sandbox.calls.list().length;
    const visitor = createVisitor();
    const refused = await login(bench, visitor);
    assert.equal(refused?.status, 403);
    assert.match(refused?.body ?? '', /may not come in here/);
    assert.equal(bench.service.sandbox.calls.list().length, calls);
    assert.equal((await bench.service.fetch({ url: '/session', cookie: visitor.cookie() })).statusCode, 401);
    const unknown = await withProvider(t, {}, strict, 'provision');
    assert.equal(await login(unknown, createVisitor()), undefined);
  });
});

describe('SIGN_IN_REQUIRE', () => {
  const env = { SIGN_IN_REQUIRE: 'hd=acme.example,groups=analytics,groups=finance' };

  test('lets in whom the real provider says the right things of', async (t) => {
    for (const claims of [
      { hd: 'acme.example', groups: ['finance'] },
      { hd: ['other.example', 'acme.example'], groups: [{ name: 'analytics' }, { name: 'x' }] },
    ])
      assert.equal(await login(await withProvider(t, claims, env), createVisitor()), undefined);
  });

  const others: [string, Record<string, unknown>, string][] = [
    ['nothing', {}, 'hd'],
    ['another value', { hd: 'acme.example.evil', groups: ['finance'] }, 'hd'],
    ['a value in another case', { hd: 'Acme.example', groups: ['finance'] }, 'hd'],
    ['one of two', { hd: 'acme.example', groups: ['sales'] }, 'groups'],
    ['groups that are not understood', { hd: 'acme.example', groups: ['finance', 7] }, 'groups'],
    [
      'groups of which there are more',
      { hd: 'acme.example', groups: ['finance'], hasgroups: true },
      'groups',
    ],
  ];
  for (const [what, claims, claim] of others) {
    test(`keeps out who has ${what}: a page that says so, a line in the log, and no session`, async (t) => {
      const bench = await withProvider(t, claims, env);
      const { service, idp } = bench;
      const visitor = createVisitor();
      const refused = await login(bench, visitor);
      assert.equal(refused?.status, 403);
      const { body = '' } = refused ?? {};
      assert.match(body, /You signed in as <strong><bdi>Ada \(ada@example\.com\)<\/bdi><\/strong>/);
      const [, link = ''] = /href="([^"]*)">Use another account/.exec(body) ?? [];
      const [line, ...more] = service.entries('login.refused');
      assert.deepEqual(more, []);
      const { user, err, requestId } = line as { user: object; err: { facts: object }; requestId: string };
      assert.deepEqual([user, err.facts], [{ id: 'ada' }, { claim }]);
      assert.ok(body.includes(requestId));
      assert.ok(!JSON.stringify(line).includes('acme'), 'the line has a value');
      assert.equal((await service.fetch({ url: '/session', cookie: visitor.cookie() })).statusCode, 401);

      // The provider knows its session of ada, and asks all the same.
      idp.signsIn = undefined;
      const url = new URL(link.replaceAll('&#38;', '&').replaceAll('&amp;', '&'), service.origin).href;
      const asked = await visitor.go(url, `${service.origin}/page`);
      assert.match((await asked.response?.text()) ?? '', /<title>Provider<\/title>/);
    });
  }

  test('leaves the session that the browser has', async (t) => {
    const bench = await withProvider(t, { hd: 'acme.example', groups: ['finance'] }, env);
    const visitor = createVisitor();
    await login(bench, visitor);
    const before = visitor.cookie();
    bench.idp.tells({ hd: 'other.example' });
    assert.equal((await login(bench, visitor))?.status, 403);
    assert.equal((await bench.service.fetch({ url: '/session', cookie: before })).statusCode, 200);
  });

  test('judges assertions, without an account in the answer', async (t) => {
    const signer = createSigner();
    const service = await createTestService(t, { env: { ...signer.env, ...env } });
    const post = (claims: Record<string, unknown>) =>
      service.fetch({
        method: 'POST',
        url: '/session',
        headers: { authorization: `Bearer ${signer.assertion(claims)}` },
      });
    assert.equal((await post({ hd: 'acme.example', groups: ['finance'] })).statusCode, 204);
    const refused = await post({ hd: 'acme.example', groups: ['sales'], name: 'Canary' });
    assert.deepEqual([refused.statusCode, refused.json().code], [403, 'sign_in_not_allowed']);
    assert.equal(refused.headers['set-cookie'], undefined);
    assert.ok(!refused.body.includes('Canary'));
  });

  test('counts an e-mail only when it is verified, in whatever case', async (t) => {
    const signer = createSigner();
    const mail = { SIGN_IN_REQUIRE: 'email=ada@example.com' };
    const service = await createTestService(t, { env: { ...signer.env, ...mail } });
    const status = async (claims: Record<string, unknown>) =>
      (
        await service.fetch({
          method: 'POST',
          url: '/session',
          headers: { authorization: `Bearer ${signer.assertion(claims)}` },
        })
      ).statusCode;
    assert.equal(await status({ email: 'ADA@example.com', email_verified: 'true' }), 204);
    assert.equal(await status({ emails: ['ada@example.com'], email_verified: true }), 204);
    assert.equal(await status({ email: 'ada@example.com' }), 403);
    assert.equal(await status({ emails: ['x@example.com', 'ada@example.com'], email_verified: true }), 403);
  });

  test('judges demo users, whose form gets a page', async (t) => {
    const service = await createDirectoryService(t, {
      mapping: 'provision',
      users: [
        { id: 'gala', name: 'Gala' },
        { id: 'ada', groups: ['a,b'] },
      ],
      env: { SIGN_IN_REQUIRE: 'groups=a%2Cb' },
    });
    assert.match(await service.login('ada'), /^qlik_token_broker=/);
    const form = { 'content-type': 'application/x-www-form-urlencoded', ...HTML };
    const refused = await service.fetch({
      method: 'POST',
      url: '/login',
      headers: form,
      payload: 'user=gala',
    });
    assert.equal(refused.statusCode, 403);
    assert.match(refused.body, /You signed in as <strong><bdi>Gala<\/bdi>.*href="\/login">Use another/s);
    assert.deepEqual(await service.usersWith('gala'), []);
  });

  test('judges whom the gateway names at every call: 403, and the session waits', async (t) => {
    const service = await createGatewayService(t, {
      env: { SIGN_IN_REQUIRE: 'groups=finance', POST_LOGOUT_URL: '/sign-out' },
    });
    const finance = { 'x-forwarded-groups': 'sales,finance' };
    const refused = await service.as('ada', { url: '/login', headers: { ...HTML } });
    assert.equal(refused.statusCode, 403);
    assert.match(refused.body, /href="[^"]*\/sign-out">Use another account/);
    const cookie = await service.enter('ada', finance);
    const ask = (user: string, headers: Record<string, string>, url = '/session') =>
      service.as(user, { url, cookie, headers });
    assert.equal((await ask('ada', finance)).statusCode, 200);
    for (const url of ['/session', '/qlik-token', '/qlik-config'])
      for (const groups of ['sales', 'finance,CN=x', '', 'Finance']) {
        const answer = await ask('ada', { 'x-forwarded-groups': groups }, url);
        assert.deepEqual([answer.statusCode, answer.json().code], [403, 'sign_in_not_allowed'], groups);
        assert.equal(answer.headers['set-cookie'], undefined);
      }
    assert.equal(service.mints(), 0);
    assert.equal((await ask('ada', finance)).statusCode, 200);
    // Somebody else, who may not either, ends it as anybody else does.
    assert.equal((await ask('bruno', {})).statusCode, 403);
    assert.equal((await ask('ada', finance)).statusCode, 401);
  });
});

describe('a claim that is missing', () => {
  test('by which the user is known: its name and those that came are in the log, and people read whose fault it is', async (t) => {
    const bench = await withProvider(t, { groups: ['canary-value'] }, { CLAIM_ID: 'oid' });
    const refused = await login(bench, createVisitor());
    assert.equal(refused?.status, 400);
    assert.match(refused?.body ?? '', /The sign-in is not set up correctly/);
    const [line] = bench.service.entries('login.refused') as {
      requestId: string;
      err: { facts: { claim: string; told: string[] } };
    }[];
    assert.ok(refused?.body.includes(line?.requestId ?? '?'));
    assert.equal(line?.err.facts.claim, 'oid');
    for (const name of ['sub', 'name', 'email', 'groups'])
      assert.ok(line?.err.facts.told.includes(name), name);
    assert.ok(!bench.service.logged.join().includes('canary-value'));
  });

  test('that names the Qlik user: the same, and nobody is signed in', async (t) => {
    const bench = await withProvider(t, {}, { USER_MAPPING: 'claim', USER_CLAIM: 'qlik_id' });
    const refused = await login(bench, createVisitor());
    assert.equal(refused?.status, 403);
    assert.match(refused?.body ?? '', /not set up correctly/);
    const [line] = bench.service.entries('login.refused') as { err: { facts: { claim: string } } }[];
    assert.equal(line?.err.facts.claim, 'qlik_id');
  });

  test('by which the Qlik user may be found: it is told, and the sign-in goes on', async (t) => {
    const bench = await withProvider(t, { email_verified: false }, {}, 'provision');
    assert.equal(await login(bench, createVisitor()), undefined);
    const [line] = bench.service.entries('login.email_missing');
    assert.deepEqual([line?.user, line?.claim], [{ id: 'ada' }, 'email_verified']);
  });
});

describe('on the wire, behind a gateway that writes Latin-1', () => {
  const ask = async (port: number, path: string, lines: string[]) =>
    sendRaw(
      port,
      Buffer.from(
        [
          `GET ${path} HTTP/1.1`,
          ...['Host: localhost', 'X-CSRF: 1', `X-Proxy-Secret: ${PROXY_SECRET}`],
          ...lines,
          ...['Connection: close', '', ''],
        ].join('\r\n'),
        'latin1',
      ),
    );

  for (const [how, name] of [
    ['Latin-1', 'Andr\xe9'],
    ['UTF-8', Buffer.from('André').toString('latin1')],
  ] as const)
    test(`a name in ${how} is that name`, async (t) => {
      const service = await createGatewayService(t);
      const port = Number(new URL(await service.listen()).port);
      const lines = ['X-Forwarded-User: andre', `X-Forwarded-Name: ${name}`];
      const answer = await ask(port, '/login', lines);
      assert.match(answer, /^HTTP\/1\.1 303 /);
      const [, cookie] = /set-cookie: (qlik_token_broker=[^;]+)/i.exec(answer) ?? [];
      const session = await ask(port, '/session', [...lines, `Cookie: ${cookie}`]);
      assert.match(session, /"name":"André"/);
    });

  test('names and groups that are there twice refuse nobody, at no call', async (t) => {
    const service = await createGatewayService(t);
    const port = Number(new URL(await service.listen()).port);
    const lines = ['Name: a', 'Name: b', 'Groups: a', 'Groups: b'].map((line) => `X-Forwarded-${line}`);
    const answer = await ask(port, '/login', ['X-Forwarded-User: ada', ...lines]);
    assert.match(answer, /^HTTP\/1\.1 303 /);
    const [, cookie] = /set-cookie: (qlik_token_broker=[^;]+)/i.exec(answer) ?? [];
    const token = await ask(port, '/qlik-token', ['X-Forwarded-User: ada', ...lines, `Cookie: ${cookie}`]);
    assert.match(token, /^HTTP\/1\.1 200 /);
    assert.equal(service.entries('login.claim_not_understood').length, 2);
  });
});
