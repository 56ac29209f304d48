import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { missing } from '../docker/tools.ts';
import { assertKept, assertProblem } from '../session/browser.ts';
import { aroundHttp, nginxFolder, runNginx } from '../support/nginx.ts';
import { type GatewayName, type SigningGateway, startSigningGateway } from '../support/signing-gateways.ts';
import { snippetsOf } from '../support/snippets.ts';
import { cookieOf, createTestService, freePort, type TestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';
import { createVisitor } from '../support/visitor.ts';

/** Whom the service takes somebody for who is `ada` at the gateway, with `TRUST_EMAIL`, and where a sign-out leads. */
const gateways: Record<GatewayName, { user: object; endSession: string }> = {
  alb: { user: { id: 'ada', name: 'ada Doe +/=-_', email: 'ada@example.com' }, endSession: '/sign-out' },
  cloudflare: { user: { id: 'ada', email: 'ada@example.com' }, endSession: '/cdn-cgi/access/logout' },
  'google-iap': {
    user: { id: 'accounts.google.com:ada', email: 'ada@example.com' },
    endSession: '/?gcp-iap-mode=CLEAR_LOGIN_COOKIE',
  },
  any: { user: { id: 'ada', name: 'ada Doe', email: 'ada@example.com' }, endSession: '/.pomerium/sign_out' },
};
const names = Object.keys(gateways) as GatewayName[];
const CALLS = ['/qlik-token', '/qlik-config', '/session'];

interface Bench {
  readonly gateway: SigningGateway;
  readonly service: TestService;
}

/** A service with the settings of the docs for this gateway. */
async function start(t: TestContext, name: GatewayName, env: Record<string, string> = {}): Promise<Bench> {
  const gateway = await startSigningGateway(t, name);
  const service = await createTestService(t, {
    env: { ...gateway.env, USER_MAPPING: 'table', USER_TABLE: tableOf(t), ...env },
  });
  return { gateway, service };
}

function tableOf(t: TestContext): string {
  const folder = nginxFolder();
  t.after(() => rmSync(folder, { recursive: true }));
  const rows = ['ada', 'bruno'].flatMap((user) => [`${user},${user}`, `accounts.google.com:${user},${user}`]);
  writeFileSync(join(folder, 'users.csv'), ['portal_user,qlik_subject', ...rows, ''].join('\n'));
  return join(folder, 'users.csv');
}

async function enter({ gateway, service }: Bench, user: string): Promise<string> {
  const login = await service.fetch({ url: '/login?returnTo=/sales', headers: gateway.headers(user) });
  assert.deepEqual([login.statusCode, login.headers.location], [303, '/sales'], login.body);
  return cookieOf(login);
}

async function ownerOf(service: TestService, token: string): Promise<string> {
  const me = await fetch(`${service.sandbox.url}/api/v1/users/me`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return ((await me.json()) as { subject: string }).subject;
}

for (const name of names) {
  describe(`with the settings of docs/sign-in-proxy.md for ${name}, and such a gateway`, () => {
    test('whoever its JWT names is signed in, and gets a token of their own', async (t) => {
      const bench = await start(t, name, { TRUST_EMAIL: 'true' });
      const { gateway, service } = bench;
      const cookie = await enter(bench, 'ada');
      const { user } = (
        await service.fetch({ url: '/session', cookie, headers: gateway.headers('ada') })
      ).json();
      assert.deepEqual(user, { ...gateways[name].user, tenant: service.sandbox.url });
      const answer = await service.fetch({ url: '/qlik-token', cookie, headers: gateway.headers('ada') });
      assert.equal(await ownerOf(service, answer.json().access_token), 'ada');
    });

    test('an e-mail counts when the gateway calls it verified, or the operator trusts it', async (t) => {
      const bench = await start(t, name);
      const cookie = await enter(bench, 'ada');
      const headers = bench.gateway.headers('ada');
      const { user } = (await bench.service.fetch({ url: '/session', cookie, headers })).json();
      assert.equal(user.email, name === 'alb' ? 'ada@example.com' : undefined);
    });

    test('without its JWT each call is 401, and the session is there again with it', async (t) => {
      const bench = await start(t, name);
      const { gateway, service } = bench;
      const cookie = await enter(bench, 'ada');
      for (const headers of [{}, { [gateway.header]: '' }, { 'x-forwarded-user': 'ada' }])
        for (const url of CALLS) {
          const answer = await service.fetch({ url, cookie, headers });
          assertProblem(answer, 401, 'session_required');
          assertKept(answer);
        }
      assert.equal(service.entries('gateway.bypassed').length, 0);
      const back = await service.fetch({ url: '/session', cookie, headers: gateway.headers('ada') });
      assert.equal(back.statusCode, 200);
    });

    test('another user in its JWT ends the session, whose token is revoked', async (t) => {
      const bench = await start(t, name);
      const { gateway, service } = bench;
      const cookie = await enter(bench, 'ada');
      await service.fetch({ url: '/qlik-token', cookie, headers: gateway.headers('ada') });
      const other = await service.fetch({ url: '/qlik-token', cookie, headers: gateway.headers('bruno') });
      assertProblem(other, 401, 'session_required');
      await until(() => service.sandbox.calls.count({ path: '/oauth/revoke' }) === 1);
      const back = await service.fetch({ url: '/session', cookie, headers: gateway.headers('ada') });
      assertProblem(back, 401, 'session_expired');
      assert.equal(service.mints(), 1);
    });

    test('a sign-out leads to the gateway’s', async (t) => {
      const bench = await start(t, name);
      const cookie = await enter(bench, 'ada');
      const headers = bench.gateway.headers('ada');
      const answer = await bench.service.fetch({
        method: 'POST',
        url: '/logout',
        cookie,
        headers,
        payload: {},
      });
      assert.deepEqual(answer.json(), {
        endSessionUrl: `https://portal.example.com${gateways[name].endSession}`,
      });
    });

    test('it starts in production', async (t) => {
      const { gateway } = await start(t, name);
      const https = gateway.env.PROXY_JWT_JWKS_URL?.replace('http:', 'https:') as string;
      const service = await createTestService(t, {
        env: {
          ...gateway.env,
          NODE_ENV: 'production',
          PROXY_JWT_JWKS_URL: https,
          QLIK_TENANT_URL: 'https://acme.eu.qlikcloud.com',
        },
      });
      assert.equal((await service.fetch({ url: '/livez' })).statusCode, 200);
    });
  });
}

describe('behind the nginx of docs/sign-in-proxy.md that is behind such a gateway', {
  skip: missing({ programs: ['nginx'] }),
}, () => {
  for (const name of names) {
    test(`${name}: its JWT reaches the service, over real connections`, async (t) => {
      const port = await freePort();
      const origin = `http://localhost:${port}`;
      const { gateway, service } = await start(t, name, { PUBLIC_URL: origin });
      const address = new URL(await service.listen()).host;
      const snippet = snippetsOf('sign-in-proxy.md').find(({ id }) => id.endsWith(' behind-gateway.conf'));
      const folder = nginxFolder();
      const http = `upstream broker { server ${address}; keepalive 16; }
server {
listen 127.0.0.1:${port};
${snippet?.text}
}`;
      await runNginx(t, folder, aroundHttp(folder, http), port);
      const visitor = createVisitor();
      const ask = (path: string, headers: Record<string, string>, method = 'GET') =>
        visitor.request(origin + path, { method, headers: { 'x-csrf': '1', ...headers } });

      const login = await ask('/login?returnTo=/sales', gateway.headers('ada'));
      assert.deepEqual([login.status, login.headers.get('location')], [303, '/sales']);
      const answer = (await (await ask('/qlik-token', gateway.headers('ada'))).json()) as Record<
        string,
        string
      >;
      assert.equal(await ownerOf(service, answer.access_token as string), 'ada');
      assert.equal((await ask('/qlik-token', {})).status, 401);
      assert.equal((await ask('/qlik-token.js', {})).status, 200);
      // What nginx takes for a header of another name reaches nobody.
      const twin = { [gateway.header.replaceAll('-', '_')]: gateway.token('bruno') };
      assert.equal((await ask('/session', { ...gateway.headers('ada'), ...twin })).status, 200);
      assert.equal((await ask('/logout', gateway.headers('ada'), 'POST')).status, 200);
    });
  }
});

describe('claims', () => {
  test('say who it is under the names that the operator gives, and the Qlik user', async (t) => {
    const gateway = await startSigningGateway(t, 'any');
    const service = await createTestService(t, {
      env: {
        ...gateway.env,
        CLAIM_ID: 'employee',
        CLAIM_NAME: 'display',
        USER_MAPPING: 'claim',
        USER_CLAIM: 'qlik_id',
      },
    });
    const claims = {
      employee: 'e-7',
      display: 'Ada L.',
      qlik_id: service.sandbox.users.find(({ subject }) => subject === 'ada')?.id,
    };
    const headers = { [gateway.header]: gateway.token('x', { claims }) };
    const cookie = cookieOf(await service.fetch({ url: '/login', headers }));
    const { user } = (await service.fetch({ url: '/session', cookie, headers })).json();
    assert.deepEqual([user.id, user.name], ['e-7', 'Ada L.']);
    const answer = await service.fetch({ url: '/qlik-token', cookie, headers });
    assert.equal(await ownerOf(service, answer.json().access_token), 'ada');
  });

  test('name the tenant, and whoever is named with another one gets nothing', async (t) => {
    const { gateway, service } = await start(t, 'any');
    const headers = {
      [gateway.header]: gateway.token('ada', { claims: { tenant: 'other.eu.qlikcloud.com' } }),
    };
    assertProblem(await service.fetch({ url: '/login', headers }), 403, 'tenant_unknown');
  });

  test('of a service token of Cloudflare Access name nobody', async (t) => {
    const { gateway, service } = await start(t, 'cloudflare');
    const claims = { sub: '', email: undefined, common_name: 'e367826f93b8d71185e03fe518aff3b4.access' };
    const headers = { [gateway.header]: gateway.token('', { claims }) };
    for (const url of ['/login', ...CALLS])
      assertProblem(await service.fetch({ url, headers }), 401, 'session_required');
  });
});

describe('a JWT that does not say who it is', () => {
  for (const [what, claims] of [
    ['has no sub', { sub: undefined }],
    ['has a sub that is a number', { sub: 7 }],
    ['has a sub of 257 characters', { sub: 'x'.repeat(257) }],
    ['has a sub with a line break', { sub: 'ada\r\nset-cookie: x' }],
  ] as const)
    test(`and ${what}: 400, and the log names the claims that came`, async (t) => {
      const { gateway, service } = await start(t, 'any');
      const headers = { [gateway.header]: gateway.token('ada', { claims }) };
      for (const url of ['/login', ...CALLS])
        assertProblem(await service.fetch({ url, headers }), 400, 'bad_request');
      const [refused] = service.entries('login.refused');
      assert.match(JSON.stringify(refused), /"claim":"sub","told":\["aud","email"/);
    });
});

describe('SIGN_IN_REQUIRE', () => {
  test('holds at the sign-in, and at each call from then on', async (t) => {
    const { gateway, service } = await start(t, 'google-iap', { SIGN_IN_REQUIRE: 'hd=example.com' });
    const call = (hd: string) => ({ [gateway.header]: gateway.token('ada', { claims: { hd } }) });
    const login = await service.fetch({ url: '/login', headers: call('example.com') });
    assert.equal(login.statusCode, 303);
    const cookie = cookieOf(login);
    assertProblem(
      await service.fetch({ url: '/login', headers: call('evil.example') }),
      403,
      'sign_in_not_allowed',
    );
    const other = await service.fetch({ url: '/session', cookie, headers: call('evil.example') });
    assertProblem(other, 403, 'sign_in_not_allowed');
    const own = await service.fetch({ url: '/session', cookie, headers: call('example.com') });
    assert.equal(own.statusCode, 200);
  });
});

test('each named block of settings in docs/sign-in-proxy.md is one that is tested here', () => {
  const named = snippetsOf('sign-in-proxy.md').filter(
    ({ id, language }) => language === 'ini' && !id.endsWith(' '),
  );
  assert.deepEqual(
    named.map(({ id }) => id.split(' ')[1]),
    names,
  );
});

test('people who are not signed in get a page that leads in no circle', async (t) => {
  const { service } = await start(t, 'alb');
  const page = await service.fetch({ url: '/login?returnTo=/sales', headers: { accept: 'text/html' } });
  assert.equal(page.statusCode, 401);
  assert.match(page.body, /did not say who you are.*Nobody is signed in at the gateway\./s);
  assert.doesNotMatch(page.body, /href="\/login/);
});
