import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FaultEffect } from '../../src/sandbox/faults.ts';
import { createDirectoryService } from '../support/directory-service.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';

const FIND = 'POST /api/v1/users/actions/filter';
const MANAGE = 'POST /oauth/token manage';
const FILTER = { path: '/api/v1/users/actions/filter' };
const CREDENTIALS = { path: '/oauth/token', grantType: 'client_credentials' };
const QUICK = { TOKEN_DEADLINE: '3s' };
/** Time for a call on a busy machine to get as far as its answer. */
const PATIENT = { TOKEN_DEADLINE: '60s', SHUTDOWN_TIMEOUT: '90s' };
/** A call may take two fifths of it, and is let drip for so long. */
const DRIPPING = { TOKEN_DEADLINE: '15s', SHUTDOWN_TIMEOUT: '30s' };
const DEADLINES: Partial<Record<FaultEffect['type'], Record<string, string>>> = {
  hang: QUICK,
  drip: DRIPPING,
};
const THREE = [{ id: 'ada' }, { id: 'bruno' }, { id: 'chiyo' }];

describe('what a page is told when the users API', () => {
  const cases: [string, FaultEffect, number, string][] = [
    ['throttles', { type: 'status', status: 429, headers: { 'retry-after': '13' } }, 503, 'tenant_throttled'],
    ['resets connections', { type: 'reset' }, 503, 'tenant_unavailable'],
    ['hangs', { type: 'hang' }, 503, 'tenant_unavailable'],
    ['fails', { type: 'status', status: 500 }, 503, 'tenant_unavailable'],
    [
      'answers in HTML',
      { type: 'status', status: 200, body: '<h1>', contentType: 'text/html' },
      502,
      'tenant_bad_response',
    ],
    ['drips', { type: 'drip' }, 502, 'tenant_bad_response'],
    ['sends 100 MB', { type: 'huge', bytes: 100_000_000 }, 502, 'tenant_bad_response'],
    [
      'redirects',
      { type: 'status', status: 307, headers: { location: 'http://127.0.0.1:1/' } },
      502,
      'tenant_bad_response',
    ],
    ['sends no list', { type: 'status', status: 200, body: { data: {} } }, 502, 'tenant_bad_response'],
    [
      'sends users without ids',
      { type: 'status', status: 200, body: { data: [{ subject: 'ada' }] } },
      502,
      'tenant_bad_response',
    ],
    ['sends no objects', { type: 'status', status: 200, body: { data: [null] } }, 502, 'tenant_bad_response'],
    ['does not understand the filter', { type: 'status', status: 400 }, 502, 'tenant_bad_response'],
    ['forbids the search', { type: 'status', status: 403 }, 502, 'tenant_refused_client'],
    ['refuses the token', { type: 'status', status: 401 }, 502, 'tenant_refused_client'],
    [
      'sends pages without end',
      { type: 'status', status: 200, body: { data: [], links: { next: { href: '/x?next=again' } } } },
      502,
      'tenant_bad_response',
    ],
  ];
  for (const [what, effect, status, code] of cases) {
    test(`${what}: ${status} ${code}, no mint, and the session stays`, async (t) => {
      const service = await createDirectoryService(t, {
        mapping: 'provision',
        users: [{ id: 'ada' }],
        env: DEADLINES[effect.type] ?? PATIENT,
      });
      service.sandbox.faults.add({ match: FILTER, effect });
      const cookie = await service.login('ada');
      const response = await service.ask(cookie);
      assert.deepEqual([response.statusCode, response.json().code], [status, code], response.body);
      if (status === 503) assert.ok(Number(response.headers['retry-after']) >= 1);
      assert.equal(response.headers['set-cookie'], undefined);
      assert.equal((await service.fetch({ url: '/session', cookie })).statusCode, 200);
      assert.equal(service.mints(), 0);
      assert.ok(!service.asked().includes('POST /api/v1/users'));
    });
  }
});

describe('a management client that is refused', () => {
  test('is not tried for every request; the log, /readyz and the metrics say so; then it is taken again', async (t) => {
    const clock = createManualClock(Date.now());
    const service = await createDirectoryService(t, { mapping: 'lookup', users: THREE, clock });
    service.sandbox.faults.add({ match: CREDENTIALS, effect: { type: 'status', status: 401 } });
    const cookies = await Promise.all(THREE.map(({ id }) => service.login(id)));
    for (let round = 0; round < 5; round += 1) {
      for (const cookie of cookies)
        assert.equal((await service.ask(cookie)).json().code, 'tenant_refused_client');
    }
    assert.deepEqual(service.asked(), [MANAGE]);
    assert.equal(service.entries('tenant.client_refused').length, 1);
    assert.equal((await service.fetch({ url: '/readyz' })).json().checks.tenant, 'failing');
    const metrics = await service.adminApp.inject({ url: '/metrics', headers: { host: 'localhost' } });
    assert.match(metrics.body, /^qlik_token_broker_tenant_client_refused\{tenant="127\.0\.0\.1:\d+"\} 1$/m);

    service.sandbox.faults.clear();
    await clock.advance(30_000);
    for (const cookie of cookies) assert.equal((await service.ask(cookie)).statusCode, 200);
    assert.equal((await service.fetch({ url: '/readyz' })).json().checks.tenant, 'ok');
  });

  test('does not make the impersonating client a refused one', async (t) => {
    const service = await createDirectoryService(t, { mapping: 'lookup', users: THREE });
    const cookie = await service.login('ada');
    await service.ask(cookie);
    service.sandbox.faults.add({ match: { path: '/api/v1/*' }, effect: { type: 'status', status: 401 } });
    assert.equal((await service.first('bruno')).json().code, 'tenant_refused_client');
    assert.equal((await service.ask(cookie)).statusCode, 200);
    const refused = service.entries('tenant.client_refused').map(({ client }) => client);
    assert.deepEqual(refused, ['management']);
  });
});

describe('the management token', () => {
  test('is renewed before it ends, once for all', async (t) => {
    const clock = createManualClock(Date.now());
    const service = await createDirectoryService(t, { mapping: 'lookup', users: THREE, clock });
    await service.first('ada');
    await clock.advance(6 * 3_600_000 - 60_001);
    await service.first('bruno');
    assert.equal(service.asked().filter((call) => call === MANAGE).length, 1);
    await clock.advance(2);
    await Promise.all(THREE.map(({ id }) => service.first(id)));
    assert.equal(service.asked().filter((call) => call === MANAGE).length, 2);
  });

  test('that the tenant refuses is replaced at once, and nobody notices', async (t) => {
    const service = await createDirectoryService(t, { mapping: 'lookup', users: THREE });
    await service.first('ada');
    service.sandbox.faults.add({ match: FILTER, effect: { type: 'status', status: 401 }, times: 1 });
    assert.equal((await service.first('bruno')).statusCode, 200);
    assert.equal(service.asked().filter((call) => call === MANAGE).length, 2);
  });
});

describe('while the users API is in trouble', () => {
  test('those who hold a token notice nothing, and it is not hammered', async (t) => {
    const users = [...THREE, { id: 'dana' }];
    const service = await createDirectoryService(t, { mapping: 'lookup', users, env: QUICK });
    const ada = await service.login('ada');
    await service.ask(ada);
    service.sandbox.faults.add({ match: FILTER, effect: { type: 'status', status: 503 } });
    const others = await Promise.all(['bruno', 'chiyo', 'dana'].map((id) => service.login(id)));
    for (let round = 0; round < 10; round += 1) {
      const answers = await Promise.all(others.map(service.ask));
      for (const answer of answers) assert.equal(answer.json().code, 'tenant_unavailable');
      assert.equal((await service.ask(ada)).statusCode, 200);
    }
    const calls = service.asked().filter((call) => call === FIND).length;
    assert.ok(calls <= 12, `${calls} calls for 30 requests`);
  });

  test('mints go on for those who are known', async (t) => {
    const clock = createManualClock(Date.now());
    const service = await createDirectoryService(t, { mapping: 'lookup', users: THREE, clock });
    const ada = await service.login('ada');
    await service.ask(ada);
    await service.first('bruno');
    service.sandbox.faults.add({
      match: { path: '/api/v1/users/actions/*' },
      effect: { type: 'status', status: 400 },
    });
    await clock.advance(15 * 60_000);
    await service.ask(ada);
    await until(() => service.entries('user.stale').length === 1);
    const again = await service.fetch({
      method: 'POST',
      url: '/qlik-token',
      cookie: ada,
      payload: { rejected: true },
    });
    assert.equal(again.statusCode, 200);
  });
});

test('a 429 on a creation: nobody asks until then, and the user is made afterwards', async (t) => {
  const clock = createManualClock(Date.now());
  const service = await createDirectoryService(t, { mapping: 'provision', users: [{ id: 'frida' }], clock });
  service.sandbox.faults.add({
    match: { method: 'POST', path: '/api/v1/users' },
    effect: { type: 'status', status: 429, headers: { 'retry-after': '13' } },
    times: 1,
  });
  const cookie = await service.login('frida');
  const response = await service.ask(cookie);
  assert.deepEqual([response.json().code, response.headers['retry-after']], ['tenant_throttled', '13']);
  const calls = service.asked().length;
  assert.equal((await service.ask(cookie)).json().code, 'tenant_throttled');
  assert.equal(service.asked().length, calls);
  await clock.advance(13_000);
  assert.equal((await service.ask(cookie)).statusCode, 200);
});

test('nothing secret of the management client is logged or answered', async (t) => {
  const service = await createDirectoryService(t, { mapping: 'provision', users: THREE });
  const secret = service.sandbox.managementClient.clientSecret;
  for (const match of [CREDENTIALS, FILTER]) {
    service.sandbox.faults.add({
      match,
      effect: { type: 'status', status: 401, body: { errors: [{ code: 'X-1', title: secret }] } },
      times: 1,
    });
  }
  const bodies = [];
  for (const { id } of THREE) bodies.push((await service.first(id)).body);
  const written = service.logged.join('\n') + bodies.filter((body) => body.includes('"code"')).join('\n');
  assert.ok(!written.includes(secret));
  assert.doesNotMatch(written, /eyJ/);
});
