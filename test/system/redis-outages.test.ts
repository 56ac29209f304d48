import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { LightMyRequestResponse } from 'fastify';
import { assertKept, assertProblem, assertRemoved } from '../session/browser.ts';
import { createFaultProxy } from '../support/fault-proxy.ts';
import { ownTimeOf } from '../support/own-time.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';
import { createRedisService } from '../support/redis-service.ts';
import type { TestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';

/** What a request may take, by the design, and a little more. */
const REFUSED_MS = 1_000;
const FROZEN_MS = 1_500;

describe('given a Redis that', { skip: redisMissing() }, () => {
  let server: RedisServer;
  before(async () => {
    server = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
  });
  after(() => server.stop());
  beforeEach(() => {
    server.cli('FLUSHALL');
  });

  async function open(t: TestContext) {
    const proxy = await createFaultProxy(t, server.port);
    const service = await createRedisService(t, proxy.port);
    const cookie = await service.login('ada');
    assert.equal((await service.fetch({ url: '/qlik-token', cookie })).statusCode, 200);
    await service.listen();
    return { proxy, service, cookie };
  }

  test('is refused, every request with a cookie is told so at once, and all is well again when it is back', async (t) => {
    const { proxy, service, cookie } = await open(t);
    await proxy.refuse();
    await until(() => service.entries('store.away').length === 1);

    await assertAway(service, cookie, REFUSED_MS);

    await proxy.heal();
    await assertBack(service, cookie);
    assertLoggedOnce(service, 'ECONNREFUSED');
  });

  test('is frozen, no request takes long, and all is well again when it thaws', async (t) => {
    const { service, cookie } = await open(t);
    server.process.kill('SIGSTOP');
    t.after(() => server.process.kill('SIGCONT'));

    await assertAway(service, cookie, FROZEN_MS);
    await setTimeout(1_000);
    await assertAway(service, cookie, FROZEN_MS);

    server.process.kill('SIGCONT');
    await assertBack(service, cookie);
    assertLoggedOnce(service, 'TIMEOUT');
  });

  test('answers nothing any more behind a network that says nothing, is found again on a new connection', async (t) => {
    const { proxy, service, cookie } = await open(t);
    const before = proxy.connections;
    proxy.freeze();
    await assertAway(service, cookie, FROZEN_MS);
    await proxy.heal();

    await assertBack(service, cookie);
    assert.ok(proxy.connections > before);
    assertLoggedOnce(service, 'TIMEOUT');
  });

  test('hangs up on idle connections, nobody notices', async (t) => {
    const { proxy, service, cookie } = await open(t);
    for (let n = 0; n < 3; n++) {
      const before = proxy.connections;
      proxy.cut();
      await until(() => proxy.connections > before);
      await setTimeout(100);
      assert.equal((await service.fetch({ url: '/qlik-token', cookie })).statusCode, 200);
    }
    assert.equal(service.entries('store.away').length, 0);
  });

  test('ends each client’s connection while requests are under way, answers 200 or 503, and no other', async (t) => {
    const { service, cookie } = await open(t);
    const statuses = new Set<number>();
    for (let n = 0; n < 10; n++) {
      const answers = Array.from({ length: 20 }, () => service.fetch({ url: '/qlik-token', cookie }));
      server.cli('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      for (const answer of await Promise.all(answers)) {
        statuses.add(answer.statusCode);
        assertKept(answer);
      }
    }
    assert.deepEqual(
      [...statuses].filter((status) => status !== 200 && status !== 503),
      [],
    );
    await assertBack(service, cookie);
  });

  test('restarts with its data, nobody is signed out', async (t) => {
    const { service, cookie } = await open(t);
    await server.restart();

    await assertBack(service, cookie);
  });

  test('restarts empty, everybody is asked to sign in once, and can', async (t) => {
    const { service, cookie } = await open(t);
    server.cli('FLUSHALL');
    await server.restart();
    // What /readyz says may be a second old.
    await until(async () => (await service.fetch({ url: '/session', cookie })).statusCode !== 503);
    const mints = service.mints();

    const answers = await Promise.all(
      Array.from({ length: 50 }, () => service.fetch({ url: '/qlik-token', cookie })),
    );

    for (const answer of answers) {
      assertProblem(answer, 401, 'session_expired');
      assertRemoved(answer);
    }
    assert.equal(service.mints(), mints);
    const again = await service.login('ada');
    assert.equal((await service.fetch({ url: '/qlik-token', cookie: again })).statusCode, 200);
  });

  test('forgets its scripts, nobody notices', async (t) => {
    const { service, cookie } = await open(t);
    server.cli('SCRIPT', 'FLUSH');

    assert.equal((await service.fetch({ url: '/qlik-token', cookie })).statusCode, 200);
  });

  test('became a replica, is away until it is a primary again', async (t) => {
    const { service, cookie } = await open(t);
    server.cli('REPLICAOF', '127.0.0.1', '1');
    t.after(() => server.cli('REPLICAOF', 'NO', 'ONE'));

    await assertAway(service, cookie, REFUSED_MS);

    server.cli('REPLICAOF', 'NO', 'ONE');
    await assertBack(service, cookie);
    assertLoggedOnce(service, 'READONLY');
  });

  test('has no memory left, serves those who are signed in, and signs in nobody', async (t) => {
    const { service, cookie } = await open(t);
    server.cli('CONFIG', 'SET', 'maxmemory', '1');
    t.after(() => server.cli('CONFIG', 'SET', 'maxmemory', '0'));

    const refused = await service.fetch({ method: 'POST', url: '/login', payload: { user: 'bruno' } });
    assertProblem(refused, 503, 'store_unavailable');
    const again = await service.fetch({ method: 'POST', url: '/login', payload: { user: 'ada' }, cookie });
    assertProblem(again, 503, 'store_unavailable');
    for (let n = 0; n < 3; n++) {
      assert.equal((await service.fetch({ url: '/qlik-token', cookie })).statusCode, 200);
      assert.equal((await service.fetch({ url: '/readyz' })).statusCode, 200);
      await setTimeout(300);
    }
    assert.equal((await service.fetch({ method: 'POST', url: '/logout', cookie })).statusCode, 200);
    assert.equal(service.entries('store.back').length, 0);

    server.cli('CONFIG', 'SET', 'maxmemory', '0');
    await until(() => service.entries('store.back').length === 1);
    await service.login('bruno');
    assertLoggedOnce(service, 'OOM');
  });

  // Else each replica has a token of its own, and a sign-out at one leaves the other's alive.
  test('has no memory left, replicas share a token nevertheless, and it ends with the sign-out', async (t) => {
    const { service, cookie } = await open(t);
    const other = await createRedisService(t, server.port, {
      tenant: service.sandbox,
      replicaOf: service,
    });
    server.cli('CONFIG', 'SET', 'maxmemory', '1');
    t.after(() => server.cli('CONFIG', 'SET', 'maxmemory', '0'));
    await service.fetch({ method: 'POST', url: '/qlik-token', cookie, payload: { rejected: true } });
    const tokens = [];
    for (const replica of [service, other, service])
      tokens.push((await replica.fetch({ url: '/qlik-token', cookie })).json().access_token);
    assert.equal(new Set(tokens).size, 1);

    assert.equal((await other.fetch({ method: 'POST', url: '/logout', cookie })).statusCode, 200);
    await until(() => other.entries('token.revoked').length === 1);
    const me = await fetch(`${service.sandbox.url}/api/v1/users/me`, {
      headers: { authorization: `Bearer ${tokens[0]}` },
    });
    assert.equal(me.status, 401);
  });

  test('takes the password no more, is away until it does', async (t) => {
    server.cli('ACL', 'SETUSER', 'broker', 'on', '>first-password', '~*', '&*', '+@all');
    const service = await createRedisService(t, server.port, {
      env: { REDIS_URL: `redis://broker:first-password@127.0.0.1:${server.port}` },
    });
    const cookie = await service.login('ada');
    await service.listen();
    server.cli('ACL', 'SETUSER', 'broker', 'resetpass', '>second-password');
    server.cli('CLIENT', 'KILL', 'USER', 'broker');
    await until(() => service.entries('store.away').length === 1);

    await assertAway(service, cookie, REFUSED_MS);

    server.cli('ACL', 'SETUSER', 'broker', '>first-password');
    await assertBack(service, cookie);
    assertLoggedOnce(service, 'WRONGPASS');
    assert.doesNotMatch(service.logged.join(''), /first-password|second-password/);
  });

  test('is not there when the service starts, is waited for without a restart', async (t) => {
    const proxy = await createFaultProxy(t, server.port);
    await proxy.refuse();
    const service = await createRedisService(t, proxy.port);
    await service.listen();
    assert.equal((await service.fetch({ url: '/readyz' })).statusCode, 503);
    assert.equal((await service.fetch({ url: '/livez' })).statusCode, 200);

    await proxy.heal();
    await until(async () => (await service.fetch({ url: '/readyz' })).statusCode === 200);
    await service.login('ada');
  });
});

/** While Redis is away, nobody loses a cookie, nobody waits long, and a probe sees it. */
async function assertAway(service: TestService, cookie: string, withinMs: number): Promise<void> {
  const requests = [
    { url: '/qlik-token' },
    { url: '/session' },
    { url: '/qlik-config' },
    { method: 'POST', url: '/qlik-token', payload: { rejected: true } },
    { method: 'POST', url: '/logout' },
    { method: 'POST', url: '/login', payload: { user: 'bruno' } },
  ] as const;
  for (const request of requests) {
    const answer = await timed(withinMs, () => service.fetch({ ...request, cookie }));
    assertProblem(answer, 503, 'store_unavailable');
    assert.ok(Number(answer.headers['retry-after']) >= 1);
    assertKept(answer);
  }
  const ready = await timed(REFUSED_MS, () => service.fetch({ url: '/readyz' }));
  assert.equal(ready.statusCode, 503);
  assert.equal(ready.json().checks.store, 'failing');
  const live = await timed(REFUSED_MS, () => service.fetch({ url: '/livez' }));
  assert.equal(live.statusCode, 200);
}

async function timed(
  withinMs: number,
  fetch: () => Promise<LightMyRequestResponse>,
): Promise<LightMyRequestResponse> {
  const { result: answer, ownMs } = await ownTimeOf(fetch);
  assert.ok(ownMs < withinMs, `it took ${ownMs} ms`);
  return answer;
}

/** It is there again, and whoever was signed in still is. */
async function assertBack(service: TestService, cookie: string): Promise<void> {
  // What /readyz says may be a second old.
  await until(async () => (await service.fetch({ url: '/session', cookie })).statusCode !== 503);
  assert.equal((await service.fetch({ url: '/session', cookie })).statusCode, 200);
  await until(async () => (await service.fetch({ url: '/readyz' })).statusCode === 200);
  assert.equal((await service.fetch({ url: '/qlik-token', cookie })).statusCode, 200);
  await until(() => service.entries('store.back').length === service.entries('store.away').length);
}

function assertLoggedOnce(service: TestService, code: string): void {
  const [away, ...more] = service.entries('store.away') as { err: { code: string } }[];
  assert.equal(away?.err.code, code);
  assert.deepEqual(more, []);
  assert.equal(service.entries('store.back').length, 1);
}
