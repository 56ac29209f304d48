import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { FaultEffect } from '../../src/sandbox/faults.ts';
import { createMemoryLeases } from '../../src/store/memory/leases.ts';
import { assertProblem } from '../session/browser.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createTestService, type TestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';

const TOKEN = { path: '/oauth/token' };
/** For what ends by the deadline alone; on a busy machine a first call takes a second by itself. */
const QUICK = { TOKEN_DEADLINE: '3s' };
const PATIENT = { TOKEN_DEADLINE: '60s', SHUTDOWN_TIMEOUT: '90s' };

function ask(service: TestService, cookie: string) {
  return service.fetch({ url: '/qlik-token', cookie });
}

describe('what a page is told when the tenant', () => {
  const cases: [string, FaultEffect, number, string][] = [
    [
      'is throttling, in seconds',
      { type: 'status', status: 429, headers: { 'retry-after': '13' } },
      503,
      'tenant_throttled',
    ],
    ['resets connections', { type: 'reset' }, 503, 'tenant_unavailable'],
    ['hangs', { type: 'hang' }, 503, 'tenant_unavailable'],
    ['fails', { type: 'status', status: 500 }, 503, 'tenant_unavailable'],
    [
      'has a gateway that fails in HTML',
      { type: 'status', status: 502, body: '<h1>Bad gateway</h1>', contentType: 'text/html' },
      503,
      'tenant_unavailable',
    ],
    [
      'answers in HTML',
      { type: 'status', status: 200, body: '<h1>Sign in</h1>', contentType: 'text/html' },
      502,
      'tenant_bad_response',
    ],
    ['drips', { type: 'drip' }, 502, 'tenant_bad_response'],
    ['never ends', { type: 'endless' }, 502, 'tenant_bad_response'],
    ['sends 100 MB', { type: 'huge', bytes: 100_000_000 }, 502, 'tenant_bad_response'],
    ['sends a gzip bomb', { type: 'gzipBomb', bytes: 100_000_000 }, 502, 'tenant_bad_response'],
    ['breaks off', { type: 'truncated' }, 502, 'tenant_bad_response'],
    ['says two things at once', { type: 'duplicateKeys' }, 502, 'tenant_bad_response'],
    [
      'redirects',
      { type: 'status', status: 307, headers: { location: 'http://127.0.0.1:1/steal' } },
      502,
      'tenant_bad_response',
    ],
    ['sends no token', { type: 'tokenAnswer', patch: { access_token: null } }, 502, 'tenant_bad_response'],
    [
      'sends a token with a line break',
      { type: 'tokenAnswer', patch: { access_token: 'a\r\nSet-Cookie: b' } },
      502,
      'tenant_bad_response',
    ],
    [
      'sends another kind of token',
      { type: 'tokenAnswer', patch: { token_type: 'mac' } },
      502,
      'tenant_bad_response',
    ],
    [
      'sends tokens that live 30 seconds',
      { type: 'tokenAnswer', patch: { expires_in: 30 } },
      502,
      'tenant_bad_response',
    ],
    ['refuses the client', { type: 'status', status: 401 }, 502, 'tenant_refused_client'],
  ];
  for (const [what, effect, status, code] of cases) {
    test(`${what} is ${status} ${code}, and the session stays`, async (t) => {
      const waits = effect.type === 'hang' || effect.type === 'drip';
      const service = await createTestService(t, { env: waits ? QUICK : PATIENT });
      const cookie = await service.login('ada');
      service.sandbox.faults.add({ match: TOKEN, effect });
      const before = process.memoryUsage().rss;

      const response = await ask(service, cookie);

      assert.equal(response.statusCode, status, response.body);
      assert.equal(response.json().code, code);
      assert.equal(response.headers['set-cookie'], undefined);
      if (status === 503) assert.ok(Number(response.headers['retry-after']) >= 1);
      assert.ok(process.memoryUsage().rss - before < 60_000_000);
      assert.equal((await service.fetch({ url: '/session', cookie })).statusCode, 200);
      assert.ok(service.mints() <= 3, `${service.mints()} mints`);
    });
  }
});

describe('odd lifetimes', () => {
  const cases: [string, Record<string, unknown>, number][] = [
    ['expires_in is missing', { expires_in: null }, 21_600],
    ['expires_in is 0', { expires_in: 0 }, 21_600],
    ['expires_in is negative', { expires_in: -5 }, 21_600],
    ['expires_in is a string', { expires_in: '3600' }, 3_600],
    ['expires_in is absurd', { expires_in: 1e12 }, 21_600],
    ['expires_in is no number', { expires_in: 'soon' }, 21_600],
    ['neither is said', { expires_in: null, expires_at: null }, 21_600],
  ];
  for (const [what, patch, seconds] of cases) {
    test(`when ${what}, the token lives ${seconds} s`, async (t) => {
      const service = await createTestService(t);
      service.sandbox.faults.add({ match: TOKEN, effect: { type: 'tokenAnswer', patch } });
      const response = await ask(service, await service.login('ada'));
      const { expires_in } = response.json();
      assert.ok(expires_in <= seconds && expires_in > seconds - 10, String(expires_in));
    });
  }
});

describe('the tenant’s clock', () => {
  for (const skewMs of [-600_000, 600_000]) {
    test(`ten minutes ${skewMs < 0 ? 'behind' : 'ahead of'} ours changes nothing`, async (t) => {
      const service = await createTestService(t, { sandbox: { now: () => Date.now() + skewMs } });
      service.sandbox.faults.add({
        match: TOKEN,
        effect: { type: 'tokenAnswer', patch: { expires_in: null } },
      });
      const { expires_in } = (await ask(service, await service.login('ada'))).json();
      assert.ok(expires_in <= 21_601 && expires_in > 21_590, String(expires_in));
    });
  }
});

describe('while the tenant is in trouble', () => {
  test('those who hold a token notice nothing, the others are told when to come back', async (t) => {
    const service = await createTestService(t);
    const [ada, bruno] = [await service.login('ada'), await service.login('bruno')];
    await ask(service, ada);
    service.sandbox.faults.add({
      match: TOKEN,
      times: 1,
      effect: { type: 'status', status: 429, headers: { 'retry-after': '13' } },
    });

    const first = await ask(service, bruno);
    assert.equal(first.headers['retry-after'], '13');
    for (let call = 0; call < 20; call += 1) {
      assert.equal((await ask(service, bruno)).json().code, 'tenant_throttled');
      assert.equal((await ask(service, ada)).statusCode, 200);
    }
    assert.equal(service.mints(), 2);
    const ready = await service.fetch({ url: '/readyz' });
    assert.equal(ready.statusCode, 200);
    assert.deepEqual(ready.json().checks, { store: 'ok', tenant: 'failing' });
  });

  test('Retry-After can be a date, by the tenant’s own clock', async (t) => {
    const skewMs = 3_600_000;
    const service = await createTestService(t, { sandbox: { now: () => Date.now() + skewMs } });
    const date = new Date(Date.now() + skewMs + 40_000).toUTCString();
    service.sandbox.faults.add({
      match: TOKEN,
      effect: { type: 'status', status: 429, headers: { 'retry-after': date } },
    });
    const response = await ask(service, await service.login('ada'));
    const seconds = Number(response.headers['retry-after']);
    assert.ok(seconds > 30 && seconds <= 41, String(seconds));
  });

  test('it is not hammered: after failures in a row nobody asks for a while', async (t) => {
    const service = await createTestService(t, { env: QUICK });
    const cookies = await Promise.all(['ada', 'bruno', 'chiyo', 'dana'].map((name) => service.login(name)));
    service.sandbox.faults.add({ match: TOKEN, effect: { type: 'status', status: 503 } });
    for (let round = 0; round < 25; round += 1) {
      await Promise.all(cookies.map((cookie) => ask(service, cookie)));
    }
    assert.ok(service.mints() <= 10, `${service.mints()} mints for 100 requests`);
  });

  test('refused credentials are not tried for every request, and one unmapped user is not taken for them', async (t) => {
    const service = await createTestService(t);
    const unmapped = await createUnmappedService(t);
    const cookies = await Promise.all(['ada', 'bruno', 'chiyo', 'dana'].map((name) => service.login(name)));
    service.sandbox.faults.add({ match: TOKEN, effect: { type: 'status', status: 401 } });
    for (let round = 0; round < 25; round += 1) {
      for (const cookie of cookies)
        assert.equal((await ask(service, cookie)).json().code, 'tenant_refused_client');
    }
    assert.ok(service.mints() <= 4, `${service.mints()} mints for 100 requests`);

    const ghost = await unmapped.login('ghost');
    for (let call = 0; call < 10; call += 1) await ask(unmapped, ghost);
    const ada = await ask(unmapped, await unmapped.login('ada'));
    assert.equal(ada.statusCode, 200);
  });

  test('an unmapped user is 403 once somebody was minted for, asks cost no call, and others go on', async (t) => {
    const service = await createUnmappedService(t);
    const [ada, ghost] = [await service.login('ada'), await service.login('ghost')];
    assert.equal((await ask(service, ada)).statusCode, 200);
    for (let call = 0; call < 10; call += 1) {
      const response = await ask(service, ghost);
      assert.equal(response.statusCode, 403);
      assert.equal(response.json().code, 'user_not_mapped');
    }
    assert.equal(service.mints(), 2);
  });

  test('a disabled user is 403 user_disabled', async (t) => {
    const service = await createUnmappedService(t);
    await ask(service, await service.login('ada'));
    const response = await ask(service, await service.login('erik'));
    assert.equal(response.statusCode, 403);
    assert.equal(response.json().code, 'user_disabled');
  });
});

test('who waits for a mint that never ends is answered before TOKEN_DEADLINE is over', async (t) => {
  const clock = createManualClock();
  const leases = createMemoryLeases(clock);
  const service = await createTestService(t, {
    clock,
    // As if a replica had been killed in the middle.
    leases: { ...leases, take: async (name, forMs) => void (await leases.take(name, forMs)) },
  });
  const cookie = await service.login('ada');
  const answer = ask(service, cookie);
  let answered = false;
  void answer.then(() => {
    answered = true;
  });
  await setTimeout(100);
  assert.equal(answered, false);

  await clock.advance(7_900);
  await until(() => answered);

  assertProblem(await answer, 503, 'tenant_unavailable');
});

describe('denied users', () => {
  test('are refused by subject before anything is minted', async (t) => {
    const service = await createTestService(t, { env: { USER_DENY: 'someone, ADA ' } });
    const response = await ask(service, await service.login('ada'));
    assert.equal(response.json().code, 'user_denied');
    assert.equal(service.mints(), 0);
  });

  test('are refused also when the list has the id and the mapping the subject; that token is revoked', async (t) => {
    const probe = await createTestService(t);
    const ada = probe.sandbox.users.find(({ subject }) => subject === 'ada');
    const service = await createTestService(t, { env: { USER_DENY: String(ada?.id.toUpperCase()) } });
    const cookie = await service.login('ada');
    for (let call = 0; call < 5; call += 1) {
      assert.equal((await ask(service, cookie)).json().code, 'user_denied');
    }
    assert.equal(service.mints(), 1);
    await until(() => service.entries('token.revoked').length === 1);
  });
});

/** A service whose demo users include one that the tenant does not know and one that it has disabled. */
async function createUnmappedService(t: TestContext): Promise<TestService> {
  const folder = mkdtempSync(join(tmpdir(), 'demo-users-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'users.json');
  writeFileSync(path, JSON.stringify([{ id: 'ada' }, { id: 'erik' }, { id: 'ghost' }]));
  return createTestService(t, { env: { DEMO_USERS: path } });
}
