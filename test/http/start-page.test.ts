import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createMemoryStore } from '../../src/store/memory/records.ts';
import { createSigner } from '../support/assertions.ts';
import { createGatewayService, type GatewayService } from '../support/gateway-service.ts';
import { createRunningClock } from '../support/running-clock.ts';
import { cookieOf, createTestService, SECRET_A, SECRET_B } from '../support/test-service.ts';
import { until } from '../support/until.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
/** As a browser asks for what is typed into its address line. */
const BY_HAND = {
  accept: BROWSER,
  'sec-fetch-site': 'none',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
};
const MINUTE_MS = 60_000;

interface Bench {
  readonly service: GatewayService;
  readonly clock: ReturnType<typeof createRunningClock>;
  readonly cookie: string;
  open(headers?: Record<string, string>, user?: string): ReturnType<GatewayService['as']>;
}

/** Somebody who signed in a while ago. */
async function start(
  t: TestContext,
  {
    user = 'ada',
    env = {},
    more = {},
  }: { user?: string; env?: Record<string, string>; more?: Record<string, string> } = {},
): Promise<Bench> {
  const clock = createRunningClock();
  const service = await createGatewayService(t, { clock, env });
  const cookie = await service.enter(user, more);
  clock.skip(2 * MINUTE_MS);
  return {
    service,
    clock,
    cookie,
    open: (headers = BY_HAND, named = user) => service.as(named, { url: '/', cookie, headers }),
  };
}

describe('the start page', () => {
  test('says who is signed in, who that is in Qlik Cloud, and that a token can be had', async (t) => {
    const { open, service } = await start(t, { more: { 'x-forwarded-name': 'Ada <b>Lovelace</b>' } });
    const response = await open();
    assert.equal(response.statusCode, 200);
    assert.match(response.body, /<h1>Signed in as Ada &#60;b&#62;Lovelace&#60;\/b&#62;<\/h1>/);
    assert.match(response.body, /<dt>User<\/dt><dd>ada<\/dd>/);
    assert.ok(response.body.includes(`<dt>Tenant</dt><dd>${service.sandbox.url}</dd>`));
    assert.match(response.body, /<dt>Qlik user<\/dt><dd>ada \(subject\)<\/dd>/);
    assert.match(response.body, /<dt>Token<\/dt><dd>yes, for another (5 h 59 min|6 h)<\/dd>/);
    assert.match(
      response.body,
      /<dt>Session<\/dt><dd>ends in 9 h 5\d min, or in 2\d min if it is not used<\/dd>/,
    );
    assert.equal(service.mints(), 1);
  });

  test('hands out no token, runs no script, and nobody may keep it', async (t) => {
    const { open, service, cookie } = await start(t);
    const { body, headers } = await open();
    const token = (await service.as('ada', { url: '/qlik-token', cookie })).json().access_token;
    assert.equal(service.mints(), 1);
    for (const part of token.split('.')) assert.ok(!body.includes(part));
    assert.doesNotMatch(body, /<script/);
    assert.match(
      String(headers['content-security-policy']),
      /script-src 'none'.*form-action 'self'.*frame-ancestors 'none'/,
    );
    assert.deepEqual(
      [headers['cache-control'], headers.pragma, headers.vary, headers.etag],
      ['no-store', 'no-cache', 'Cookie, Origin, Accept', undefined],
    );
    // What was shown was not handed out.
    const metrics = await service.adminApp.inject({ url: '/metrics', headers: { host: 'localhost' } });
    assert.match(metrics.body, /tokens_served_total\{cache="miss"\} 0$/m);
  });

  test('extends no session', async (t) => {
    const { open, clock } = await start(t);
    clock.skip(20 * MINUTE_MS);
    await open();
    clock.skip(9 * MINUTE_MS);
    assert.equal((await open()).statusCode, 401);
  });

  test('does not answer HEAD, nor forms', async (t) => {
    const { service, cookie } = await start(t);
    for (const method of ['HEAD', 'POST'] as const) {
      const response = await service.as('ada', { method, url: '/', cookie });
      assert.deepEqual([response.statusCode, response.headers.allow], [405, 'GET']);
    }
    assert.equal(service.mints(), 0);
  });

  test('is there under the path of PUBLIC_URL, where its sign-in ends again', async (t) => {
    const service = await createGatewayService(t, {
      env: { PUBLIC_URL: 'https://portal.example/analytics' },
    });
    const login = await service.as('ada', { url: '/analytics/login?returnTo=%2Fanalytics%2F' });
    assert.equal(login.headers.location, '/analytics/');
    const cookie = cookieOf(login).split('; ').at(-1) as string;
    for (const url of ['/analytics/', '/analytics']) {
      const page = await service.as('ada', { url, cookie, headers: BY_HAND });
      assert.equal(page.statusCode, 200);
      assert.match(page.body, /href="\/analytics\/login\?returnTo=%2Fanalytics%2F"/);
      assert.match(page.body, /action="\/analytics\/logout"/);
    }
    assert.equal((await service.as('ada', { url: '/', cookie, headers: BY_HAND })).statusCode, 404);
  });
});

describe('a token is asked for', () => {
  const asks: [string, Record<string, string>][] = [
    ['by hand', BY_HAND],
    ['from a page of its own', { ...BY_HAND, 'sec-fetch-site': 'same-origin' }],
  ];
  for (const [how, headers] of asks) {
    test(`when somebody opens the page ${how}`, async (t) => {
      const { open, service } = await start(t);
      assert.match((await open(headers)).body, /All is well/);
      assert.equal(service.mints(), 1);
    });
  }

  const others: [string, Record<string, string>][] = [
    ['another site leads there', { ...BY_HAND, 'sec-fetch-site': 'cross-site' }],
    ['a sister host leads there', { ...BY_HAND, 'sec-fetch-site': 'same-site' }],
    [
      'another site loads it as an image',
      { ...BY_HAND, 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'image' },
    ],
    ['a frame shows it', { ...BY_HAND, 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'iframe' }],
    ['a script fetches it', { ...BY_HAND, 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'empty' }],
    ['nobody says who asks', { accept: BROWSER }],
  ];
  for (const [how, headers] of others) {
    test(`not when ${how}; one that is at hand is shown all the same`, async (t) => {
      const { open, service, cookie } = await start(t);
      const before = await open(headers);
      assert.equal(before.statusCode, 200);
      assert.match(before.body, /<dt>Token<\/dt><dd>not tried<\/dd>/);
      assert.equal(before.body.includes('Try now'), headers['sec-fetch-site'] !== undefined);
      assert.equal(service.mints(), 0);
      await service.as('ada', { url: '/qlik-token', cookie });
      assert.match((await open(headers)).body, /<dt>Token<\/dt><dd>yes/);
      assert.equal(service.mints(), 1);
    });
  }

  test('when the sign-in has just ended there, even by way of another site; but not for an image', async (t) => {
    const service = await createGatewayService(t);
    const cookie = await service.enter('ada');
    const led = { ...BY_HAND, 'sec-fetch-site': 'cross-site' };
    const image = await service.as('ada', {
      url: '/',
      cookie,
      headers: { ...led, 'sec-fetch-dest': 'image' },
    });
    assert.match(image.body, /not tried/);
    assert.equal(service.mints(), 0);
    assert.match((await service.as('ada', { url: '/', cookie, headers: led })).body, /All is well/);
  });

  test('while somebody signs in anew in another tab: the late page leaves the new cookie alone', async (t) => {
    const { open, service, cookie } = await start(t);
    service.sandbox.faults.add({
      match: { path: '/oauth/token' },
      effect: { type: 'latency', delayMs: 300 },
    });
    const slow = open();
    await until(() => service.mints() === 1);
    await service.enter('ada', {}, cookie);

    const late = await slow;
    assert.deepEqual([late.statusCode, late.headers['set-cookie']], [401, undefined]);
  });

  test('after a rotation of SESSION_SECRET: the cookie is signed anew, but not by a page that waited in vain', async (t) => {
    const store = createMemoryStore({ now: Date.now });
    const before = await createGatewayService(t, { store });
    const after = await createGatewayService(t, {
      store,
      env: { SESSION_SECRET: `${SECRET_B},${SECRET_A}` },
    });
    const cookie = await before.enter('ada');
    after.sandbox.faults.add({
      match: { path: '/oauth/token' },
      effect: { type: 'status', status: 400 },
    });
    const refused = await after.as('ada', { url: '/', cookie, headers: BY_HAND });
    assert.match(refused.body, /There is no token/);
    assert.equal(refused.headers['set-cookie'], undefined);
    const { headers } = await after.as('ada', { url: '/session', cookie });
    assert.match(String(headers['set-cookie']), /^qlik_token_broker=/);
  });

  test('not more often than RATE_LIMIT_TOKEN allows', async (t) => {
    const { open, service } = await start(t, { env: { RATE_LIMIT_TOKEN: '2/min' } });
    service.sandbox.faults.add({ match: { path: '/oauth/token' }, effect: { type: 'status', status: 500 } });
    for (const _ of [1, 2]) assert.match((await open()).body, /tenant_(unavailable|bad_response)/);
    const asked = service.sandbox.calls.count({ path: '/oauth/token' });
    assert.match((await open()).body, /rate_limited/);
    assert.equal(service.sandbox.calls.count({ path: '/oauth/token' }), asked);
  });
});

describe('when there is no token, the page says why and what to do', () => {
  test('somebody who is not in Qlik Cloud', async (t) => {
    const { open, service } = await start(t, { user: 'x<i>nobody</i>' });
    const response = await open();
    assert.equal(response.statusCode, 200);
    assert.match(response.body, /Signed in as x&#60;i&#62;nobody/);
    assert.match(response.body, /There is no token for Qlik Cloud\. You are not in Qlik Cloud yet\./);
    assert.match(response.body, /<dt>Code<\/dt><dd>user_not_mapped<\/dd>/);
    assert.match(response.body, /docs\/users\.md/);
    const [, number] = /<dt>Number<\/dt><dd>([\w-]+)<\/dd>/.exec(response.body) ?? [];
    const [refused] = service.entries('request.refused');
    assert.deepEqual([refused?.requestId, refused?.code], [number, 'user_not_mapped']);
  });

  test('somebody whom nobody may be, without the name of that user', async (t) => {
    const { open } = await start(t, { env: { USER_DENY: 'ada' } });
    const { body } = await open();
    assert.match(body, /<dt>Qlik user<\/dt><dd>not known<\/dd>/);
    assert.match(body, /user_denied.*USER_DENY/s);
  });

  test('a tenant that is not served here', async (t) => {
    const service = await createGatewayService(t);
    const refused = await service.as('ada', {
      url: '/login',
      headers: { ...BY_HAND, 'x-forwarded-tenant': 'other' },
    });
    assert.match(refused.body, /Your organisation is not served here/);
  });

  test('the client’s credentials are refused', async (t) => {
    const { open } = await start(t, { env: { QLIK_CLIENT_SECRET: 'canary-of-the-client' } });
    const { body } = await open();
    assert.match(body, /tenant_refused_client.*docs\/qlik-cloud\.md/s);
    assert.ok(!body.includes('canary'));
  });
});

describe('somebody who is not signed in', () => {
  test('is told so, with a way to the sign-in that comes back', async (t) => {
    const service = await createGatewayService(t);
    const page = await service.as(undefined, { url: '/', headers: BY_HAND });
    assert.equal(page.statusCode, 401);
    assert.match(
      page.body,
      /<h1>You are not signed in<\/h1>.*href="\/login\?returnTo=%2F".*Nobody is signed in at the gateway/s,
    );
    const script = await service.as(undefined, { url: '/' });
    assert.equal(script.json().code, 'session_required');
  });

  test('is told whom the gateway names', async (t) => {
    const service = await createGatewayService(t);
    const page = await service.as('<i>ada</i>', { url: '/', headers: BY_HAND });
    assert.match(page.body, /The gateway names &#60;i&#62;ada&#60;\/i&#62;, who has no session here yet\./);
  });

  test('and whom the portal signs in, is not sent in circles', async (t) => {
    const service = await createTestService(t, { env: createSigner().env });
    const page = await service.fetch({ url: '/', headers: BY_HAND });
    assert.equal(page.statusCode, 401);
    assert.match(page.body, /The portal signs users in while one of its pages is loaded\./);
    assert.doesNotMatch(page.body, /<a /);
  });

  test('because somebody else came to the gateway, loses the session', async (t) => {
    const { open } = await start(t);
    assert.equal((await open(BY_HAND, 'bruno')).statusCode, 401);
    assert.equal((await open(BY_HAND, 'ada')).statusCode, 401);
  });
});
