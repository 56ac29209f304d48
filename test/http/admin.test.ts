import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { createManualClock } from '../support/manual-clock.ts';
import { createTestService, type TestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';

const TOKEN = 'operator-'.repeat(4);
const METRICS_TOKEN = 'prometheus-'.repeat(4);

async function metrics(service: TestService): Promise<string> {
  const answer = await service.adminApp.inject({ url: '/metrics', headers: { host: 'localhost' } });
  assert.equal(answer.statusCode, 200);
  assert.match(String(answer.headers['content-type']), /^text\/plain; version=0\.0\.4/);
  return answer.body;
}

/** The value of the line that begins so. */
function sampleOf(text: string, series: string): number | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

/** The label of the service's one tenant. */
function labelOf({ sandbox }: TestService): string {
  return `{tenant="${new URL(sandbox.url).host}"}`;
}

test('the metrics count what was asked, what was handed out and what that cost', async (t) => {
  const service = await createTestService(t);
  const cookie = await service.login('ada');
  for (let i = 0; i < 3; i += 1) await service.fetch({ url: '/qlik-token', cookie });
  await service.fetch({ url: '/qlik-token' });
  await service.fetch({ url: `/no/such/path?secret=${TOKEN}` });
  await service.fetch({ method: 'POST', url: '/qlik-token', payload: { rejected: true }, cookie });

  const text = await metrics(service);
  const tenant = labelOf(service);
  const prefix = 'qlik_token_broker_';
  for (const [series, value] of [
    ['http_requests_total{route="/qlik-token",status="200"}', 4],
    ['http_requests_total{route="/qlik-token",status="401"}', 1],
    ['http_requests_total{route="/login",status="204"}', 1],
    ['http_requests_total{route="none",status="404"}', 1],
    ['problems_total{route="/qlik-token",code="session_required"}', 1],
    ['tokens_served_total{cache="hit"}', 2],
    ['tokens_served_total{cache="miss"}', 2],
    ['mint_duration_seconds_count{priority="user",result="minted"}', 1],
    ['rejections_judged_total{verdict="accepted"}', 1],
    ['tokens_cached', 1],
    [`tenant_calls_running${tenant}`, 0],
    [`tenant_calls_waiting${tenant}`, 0],
    [`tenant_throttled${tenant}`, 0],
    [`tenant_circuit_open${tenant}`, 0],
    [`tenant_client_refused${tenant}`, 0],
  ] as const) {
    assert.equal(sampleOf(text, prefix + series), value, series);
  }
  assert.doesNotMatch(text, /ada|operator|such/);
});

test('the metrics show a tenant that throttles, is in trouble, or refuses our client', async (t) => {
  const service = await createTestService(t);
  const { faults } = service.sandbox;
  const users = ['ada', 'bruno', 'chiyo', 'dana'];
  const cookies = await Promise.all(users.map((user) => service.login(user)));
  const ask = () => Promise.all(cookies.map((cookie) => service.fetch({ url: '/qlik-token', cookie })));

  faults.add({ match: { path: '/oauth/token' }, effect: { type: 'status', status: 401 } });
  await ask();
  assert.equal(
    sampleOf(await metrics(service), `qlik_token_broker_tenant_client_refused${labelOf(service)}`),
    1,
  );

  const throttled = await createTestService(t);
  const cookie = await throttled.login('ada');
  throttled.sandbox.faults.add({ match: { path: '/oauth/token' }, effect: { type: 'status', status: 429 } });
  await throttled.fetch({ url: '/qlik-token', cookie });
  const text = await metrics(throttled);
  assert.equal(sampleOf(text, `qlik_token_broker_tenant_throttled${labelOf(throttled)}`), 1);
  assert.equal(
    sampleOf(
      text,
      'qlik_token_broker_mint_duration_seconds_count{priority="user",result="tenant_throttled"}',
    ),
    1,
  );
});

test('a sign-out is counted as a revocation', async (t) => {
  const service = await createTestService(t);
  const cookie = await service.login('ada');
  await service.fetch({ url: '/qlik-token', cookie });
  await service.fetch({ method: 'POST', url: '/logout', cookie });
  const series = 'qlik_token_broker_revocations_total{result="done"}';
  await until(async () => sampleOf(await metrics(service), series) === 1);
});

test('with a token every call of the operators’ listener needs it', async (t) => {
  const service = await createTestService(t, { env: { ADMIN_TOKEN: TOKEN } });
  const get = (url: string, authorization?: string) =>
    service.adminApp.inject({ url, headers: { host: 'localhost', ...(authorization && { authorization }) } });
  for (const authorization of [undefined, '', 'Bearer', `Bearer ${TOKEN}x`, TOKEN, `Basic ${TOKEN}`]) {
    for (const url of ['/metrics', '/nothing']) {
      const refused = await get(url, authorization);
      assert.equal(refused.statusCode, 401);
      assert.equal(refused.json().code, 'admin_token_required');
      assert.equal(refused.headers['www-authenticate'], 'Bearer');
    }
  }
  assert.equal((await get('/metrics', `Bearer ${TOKEN}`)).statusCode, 200);
  assert.equal((await get('/nothing', `Bearer ${TOKEN}`)).json().code, 'not_found');
  assert.ok(!service.logged.join('').includes(TOKEN));
});

describe('the token for metrics', () => {
  const CALLS = ['/admin/users/ada/sessions', '/admin/users/ada/tokens', '/admin/tokens'];
  const headers = (token?: string) => ({
    host: 'localhost',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  });

  test('reads them and does nothing else, while the other one does all', async (t) => {
    const env = { ADMIN_TOKEN: TOKEN, ADMIN_METRICS_TOKEN: METRICS_TOKEN };
    const { adminApp, login, fetch, logged } = await createTestService(t, { env });
    const cookie = await login('ada');
    const ask = (method: 'GET' | 'DELETE', url: string, token?: string) =>
      adminApp.inject({ method, url, headers: headers(token) });

    for (const token of [TOKEN, METRICS_TOKEN])
      assert.equal((await ask('GET', '/metrics', token)).statusCode, 200);
    assert.equal((await ask('GET', '/metrics')).statusCode, 401);
    for (const url of CALLS) {
      for (let time = 0; time < 12; time += 1) {
        const refused = await ask('DELETE', url, METRICS_TOKEN);
        assert.deepEqual([refused.statusCode, refused.json().code], [401, 'admin_token_required'], url);
      }
    }
    assert.equal((await fetch({ url: '/session', cookie })).statusCode, 200);
    for (const url of CALLS) assert.equal((await ask('DELETE', url, TOKEN)).statusCode, 200, url);
    assert.equal((await fetch({ url: '/session', cookie })).statusCode, 401);
    for (const token of [TOKEN, METRICS_TOKEN]) assert.ok(!logged.join('').includes(token));
  });

  test('alone closes the metrics to others, and brings no other call into being', async (t) => {
    const { adminApp } = await createTestService(t, { env: { ADMIN_METRICS_TOKEN: METRICS_TOKEN } });
    for (const token of [undefined, TOKEN, `${METRICS_TOKEN}x`])
      assert.equal((await adminApp.inject({ url: '/metrics', headers: headers(token) })).statusCode, 401);
    assert.equal(
      (await adminApp.inject({ url: '/metrics', headers: headers(METRICS_TOKEN) })).statusCode,
      200,
    );
    for (const url of CALLS) {
      const none = await adminApp.inject({ method: 'DELETE', url, headers: headers(METRICS_TOKEN) });
      assert.equal(none.statusCode, 404, url);
    }
  });
});

describe('wrong tokens at the operators’ listener', () => {
  const NEIGHBOURS = '2001:db8:1:2::';

  async function open(t: Parameters<typeof createTestService>[0]) {
    const clock = createManualClock();
    const env = { ADMIN_TOKEN: TOKEN, ADMIN_METRICS_TOKEN: METRICS_TOKEN };
    const { adminApp, logged } = await createTestService(t, { env, clock });
    return {
      clock,
      logged,
      ask: (remoteAddress: string, token?: string) =>
        adminApp.inject({
          url: '/metrics',
          remoteAddress,
          headers: { host: 'localhost', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
        }),
    };
  }

  test('are limited by the address; whoever has the right one is let in all the same', async (t) => {
    const { ask, clock, logged } = await open(t);
    const [attacker, other] = ['203.0.113.7', '203.0.113.8'];
    for (let time = 0; time < 10; time += 1)
      assert.equal((await ask(attacker, `guess-${time}`)).statusCode, 401);
    const limited = await ask(attacker, 'guess');
    assert.deepEqual([limited.statusCode, limited.json().code], [429, 'rate_limited']);
    assert.equal(limited.headers['retry-after'], '6');
    assert.equal(limited.headers['www-authenticate'], undefined);

    for (const token of [TOKEN, METRICS_TOKEN]) assert.equal((await ask(attacker, token)).statusCode, 200);
    assert.equal((await ask(attacker, 'guess')).statusCode, 429);
    assert.equal((await ask(other, 'guess')).statusCode, 401);
    clock.jump(6_000);
    assert.equal((await ask(attacker, 'guess')).statusCode, 401);
    assert.equal((await ask(attacker, 'guess')).statusCode, 429);
    assert.doesNotMatch(logged.join(''), /guess/);
  });

  test('from one /64 of IPv6 are those of one address; from two they are not', async (t) => {
    const { ask } = await open(t);
    for (let host = 0; host < 10; host += 1)
      assert.equal((await ask(`${NEIGHBOURS}${host}:1`, 'guess')).statusCode, 401);
    assert.equal((await ask(`${NEIGHBOURS}ffff`, 'guess')).statusCode, 429);
    assert.equal((await ask('2001:db8:1:3::1', 'guess')).statusCode, 401);
  });

  test('are none where there is no token', async (t) => {
    const { ask } = await open(t);
    for (let time = 0; time < 12; time += 1) assert.equal((await ask('203.0.113.7')).statusCode, 401);
    assert.equal((await ask('203.0.113.7', 'guess')).statusCode, 401);
  });
});

test('the operators’ listener on this machine answers under no other name', async (t) => {
  const service = await createTestService(t);
  for (const host of ['evil.example', 'localhost.evil.example:9464', '127.0.0.1.evil.example']) {
    const answer = await service.adminApp.inject({ url: '/metrics', headers: { host } });
    assert.equal(answer.statusCode, 400, host);
  }
});

test('the public listener has no metrics, and the operators’ one no token', async (t) => {
  const service = await createTestService(t);
  assert.equal((await service.fetch({ url: '/metrics' })).statusCode, 404);
  const headers = { host: 'localhost', cookie: await service.login('ada') };
  assert.equal((await service.adminApp.inject({ url: '/qlik-token', headers })).statusCode, 404);
  assert.equal((await service.adminApp.inject({ url: '/%zz', headers })).json().code, 'bad_request');
});

test('each metric of ours is documented, and each that is documented exists', async (t) => {
  const service = await createTestService(t);
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const exist = (await metrics(service)).matchAll(/^# TYPE (qlik_token_broker_\w+)/gm);
  const documented = page.matchAll(/^\|.*`qlik_token_broker_.*$/gm);
  const names = [...documented].flatMap(([row]) => [...row.matchAll(/`(qlik_token_broker_\w+)`/g)]);
  assert.deepEqual(names.map(([, name]) => name).sort(), [...exist].map(([, name]) => name).sort());
});
