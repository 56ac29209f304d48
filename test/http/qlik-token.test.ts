import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import { createManualClock } from '../support/manual-clock.ts';
import { createTestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';

const HOUR_MS = 3_600_000;

describe('GET /qlik-token', () => {
  test('gives the signed-in user’s token, with its life in whole seconds', async (t) => {
    const clock = createManualClock();
    const service = await createTestService(t, { clock });
    const cookie = await service.login('ada');

    const response = await service.fetch({ url: '/qlik-token', cookie });

    assert.equal(response.statusCode, 200);
    const { access_token, token_type, expires_in, expires_at, scope, ...rest } = response.json();
    assert.deepEqual(rest, {});
    assert.equal(token_type, 'Bearer');
    assert.equal(scope, 'user_default');
    assert.equal(expires_in, 21_600);
    assert.equal(Date.parse(expires_at), clock.now() + 6 * HOUR_MS);
    const ada = service.sandbox.users.find(({ subject }) => subject === 'ada');
    assert.equal(decodeJwt(access_token).sub, ada?.id);
  });

  test('with Accept: text/plain is the bare token', async (t) => {
    const service = await createTestService(t);
    const cookie = await service.login('ada');
    const json = await service.fetch({ url: '/qlik-token', cookie });
    const text = await service.fetch({ url: '/qlik-token', cookie, headers: { accept: 'text/plain' } });
    assert.match(String(text.headers['content-type']), /^text\/plain/);
    assert.equal(text.body, json.json().access_token);
  });

  test('is kept by no cache and has no ETag', async (t) => {
    const service = await createTestService(t);
    const cookie = await service.login('ada');
    for (const url of ['/qlik-token', '/qlik-config', '/session']) {
      for (const asked of [{ cookie }, {}]) {
        const { headers } = await service.fetch({ url, ...asked });
        assert.equal(headers['cache-control'], 'no-store', url);
        if (asked.cookie) assert.equal(headers.pragma, 'no-cache');
        assert.equal(headers.etag, undefined);
        assert.match(String(headers.vary), /^Cookie, Origin, Accept$/);
      }
    }
  });

  test('asks the tenant once, however often it is called', async (t) => {
    const service = await createTestService(t);
    const cookie = await service.login('ada');
    const tokens = new Set<string>();
    for (let call = 0; call < 20; call += 1) {
      tokens.add((await service.fetch({ url: '/qlik-token', cookie })).json().access_token);
    }
    assert.equal(tokens.size, 1);
    assert.equal(service.mints(), 1);
    assert.equal(service.sandbox.calls.count(), 1);
  });

  test('500 cold calls of one user cost one mint and are answered alike', async (t) => {
    const service = await createTestService(t, {
      // However slow the machine is, each is answered before its deadline.
      env: {
        RATE_LIMIT_TOKEN: '100000/min',
        LOG_LEVEL: 'warn',
        TOKEN_DEADLINE: '60s',
        SHUTDOWN_TIMEOUT: '90s',
      },
    });
    const cookie = await service.login('ada');
    const responses = await Promise.all(
      Array.from({ length: 500 }, () => service.fetch({ url: '/qlik-token', cookie })),
    );
    assert.deepEqual(new Set(responses.map(({ statusCode }) => statusCode)), new Set([200]));
    assert.equal(new Set(responses.map((response) => response.json().access_token)).size, 1);
    assert.equal(service.sandbox.calls.count(), 1);
  });

  test('takes no user, tenant or scope from the request', async (t) => {
    const service = await createTestService(t);
    const cookie = await service.login('ada');
    const ada = service.sandbox.users.find(({ subject }) => subject === 'ada');
    const response = await service.fetch({
      url: '/qlik-token?userId=dana&user=dana&subject=dana&scope=admin_classic&tenant=evil',
      cookie,
      headers: { 'x-forwarded-user': 'dana', 'x-user': 'dana', 'x-qlik-user': 'dana' },
    });
    assert.equal(decodeJwt(response.json().access_token).sub, ada?.id);
    assert.equal(response.json().scope, 'user_default');
    const body = await service.fetch({
      method: 'POST',
      url: '/qlik-token',
      cookie,
      payload: { rejected: true, userId: 'dana' },
    });
    assert.equal(body.statusCode, 400);
  });

  test('HEAD, PUT, DELETE, TRACE and method overrides mint nothing', async (t) => {
    const service = await createTestService(t);
    const cookie = await service.login('ada');
    for (const method of ['HEAD', 'PUT', 'DELETE', 'PATCH', 'TRACE'] as const) {
      const response = await service.fetch({ method: method as 'HEAD', url: '/qlik-token', cookie });
      assert.ok([404, 405].includes(response.statusCode), method);
    }
    const override = await service.fetch({
      method: 'POST',
      url: '/logout?_method=GET',
      headers: { 'x-http-method-override': 'GET' },
    });
    assert.equal(override.statusCode, 200);
    assert.equal(service.mints(), 0);
  });

  test('a wrong method is told which ones are right', async (t) => {
    const service = await createTestService(t);
    const response = await service.fetch({ method: 'DELETE', url: '/qlik-token' });
    assert.equal(response.statusCode, 405);
    assert.equal(response.headers.allow, 'GET, POST');
    assert.equal(response.json().code, 'method_not_allowed');
  });

  test('a token near its end is renewed behind the answer', async (t) => {
    const clock = createManualClock();
    const service = await createTestService(t, {
      clock,
      random: () => 0,
      env: { SESSION_IDLE_TIMEOUT: '10h' },
    });
    const cookie = await service.login('ada');
    const first = (await service.fetch({ url: '/qlik-token', cookie })).json().access_token;

    clock.jump(6 * HOUR_MS - 9 * 60_000);
    const second = (await service.fetch({ url: '/qlik-token', cookie })).json().access_token;
    assert.equal(second, first);

    await until(() => service.mints() === 2 && service.entries('token.minted').length === 2);
    const third = (await service.fetch({ url: '/qlik-token', cookie })).json().access_token;
    assert.notEqual(third, first);
  });

  test('the session’s own rate limit answers 429 with Retry-After, and other sessions go on', async (t) => {
    const service = await createTestService(t, { env: { RATE_LIMIT_TOKEN: '5/min' } });
    const [ada, bruno] = [await service.login('ada'), await service.login('bruno')];
    for (let call = 0; call < 5; call += 1) {
      assert.equal((await service.fetch({ url: '/qlik-token', cookie: ada })).statusCode, 200);
    }
    const limited = await service.fetch({ url: '/qlik-token', cookie: ada });
    assert.equal(limited.statusCode, 429);
    assert.equal(limited.json().code, 'rate_limited');
    assert.ok(Number(limited.headers['retry-after']) >= 1);
    assert.equal((await service.fetch({ url: '/qlik-token', cookie: bruno })).statusCode, 200);
  });
});

describe('two users', () => {
  test('interleaved 10,000 times, with tenant trouble and sign-outs, never get each other’s token', async (t) => {
    const service = await createTestService(t, {
      env: {
        RATE_LIMIT_TOKEN: '1000000/min',
        RATE_LIMIT_MINT: '1000000/min',
        TENANT_BUDGET: '100000/min',
        LOG_LEVEL: 'silent',
      },
      sandbox: { tierTwoPerMinute: 1_000_000, tierOnePerMinute: 1_000_000 },
    });
    const { faults, users } = service.sandbox;
    faults.add({ match: { path: '/oauth/token' }, effect: { type: 'latency', delayMs: 2 } });
    const names = ['ada', 'bruno', 'chiyo', 'dana'];
    const idOf = new Map(users.map(({ subject, id }) => [subject, id]));
    const cookies = new Map(
      await Promise.all(names.map(async (name) => [name, await service.login(name)] as const)),
    );
    const seen = { ok: 0, signedOut: 0, trouble: 0 };

    async function ask(name: string, step: number): Promise<void> {
      const cookie = cookies.get(name);
      if (step % 97 === 0) {
        await service.fetch({ method: 'POST', url: '/logout', cookie });
        cookies.set(name, await service.login(name));
        return;
      }
      if (step % 211 === 0)
        faults.add({ match: { path: '/oauth/token' }, times: 1, effect: { type: 'reset' } });
      const reject = step % 13 === 0;
      const response = await service.fetch({
        method: reject ? 'POST' : 'GET',
        url: '/qlik-token',
        cookie,
        ...(reject && { payload: { rejected: true } }),
      });
      if (response.statusCode === 200) {
        assert.equal(decodeJwt(response.json().access_token).sub, idOf.get(name), `step ${step}`);
        seen.ok += 1;
      } else if (response.statusCode === 401) seen.signedOut += 1;
      else seen.trouble += 1;
    }

    for (let step = 0; step < 10_000; step += 50) {
      await Promise.all(
        Array.from({ length: 50 }, (_, offset) =>
          ask(names[(step + offset) % names.length] as string, step + offset),
        ),
      );
    }
    t.diagnostic(JSON.stringify({ ...seen, mints: service.mints() }));
    assert.ok(seen.ok > 9_000);
  });
});
