import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { CallLimits, CallLimitsOptions } from '../../src/store/call-limits.ts';
import { createRedisCallLimits } from '../../src/store/redis/call-limits.ts';
import { connectRedis, type RedisConnection } from '../../src/store/redis/connection.ts';
import { createManualClock, settle } from '../support/manual-clock.ts';
import { monitorRedis } from '../support/monitor.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { answerWith, openTenant, startTenantServer, type TenantServer } from './tenant-bench.ts';

const ONE_AT_ONCE = { concurrency: 1, budget: { limit: 90, windowMs: 60_000 } };
const MINUTE = 60_000;
/** By Redis's time, which no test moves. */
const PERMIT_MS = 10 * MINUTE;

describe('a tenant whose limits replicas share in Redis', { skip: redisMissing() }, () => {
  let redis: RedisServer;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.stop());

  /** A replica of its own, and what it listens to; another replica has the one permit that there is. */
  async function open(t: TestContext) {
    const clock = createManualClock();
    const server = await startTenantServer(t, answerWith(503));
    const connection = await connect(t, redis.port);
    const own = watched(connection);
    const others = await connect(t, redis.port);
    /** Of this test alone. */
    const name = randomUUID();
    const createCallLimits = (_: string, options: CallLimitsOptions): CallLimits =>
      createRedisCallLimits({ ...options, permitMs: PERMIT_MS, name, redis: own.redis, now: clock.now });
    const otherReplica = createRedisCallLimits({
      concurrency: 1,
      rate: ONE_AT_ONCE.budget,
      permitMs: PERMIT_MS,
      name,
      redis: others,
      now: clock.now,
    });
    const { permit } = await otherReplica.enter({ by: 'other', rank: 0, share: undefined });
    assert.ok(permit);
    const permits = `qtb:calls:{${name}}:permits`;
    const taken = () => Number(redis.cli('ZCARD', permits));
    const openOne = () => openTenant(t, clock, { url: server.url, limits: ONE_AT_ONCE }, createCallLimits);
    return { clock, server, connection, own, permit, taken, openOne, ...openOne() };
  }

  const channels = () => redis.cli('PUBSUB', 'CHANNELS').split('\n').filter(Boolean);

  async function assertNothingLeft(server: TenantServer, pending: number): Promise<void> {
    assert.equal(pending, 0, 'a timer is left');
    await until(() => channels().length === 0);
    assert.equal(await server.connections(), 0);
    assert.equal(server.calls.length, 0);
  }

  test('when it is closed leaves no subscription, and asks Redis nothing any more', async (t) => {
    const { clock, server, tenant, mint, permit } = await open(t);
    const minting = mint('ada');
    await until(() => channels().length === 1);
    const renewal = mint('bruno', 'renewal');
    await settle();
    assert.equal(tenant.state.waiting, 2);
    assert.ok(clock.pending >= 3, 'each has a limit, and somebody asks again');

    await tenant.close();

    assert.deepEqual(await Promise.all([minting, renewal]), ['tenant_unavailable', 'tenant_unavailable']);
    await assertNothingLeft(server, clock.pending);
    const asked = await monitorRedis(t, redis.port);
    await clock.advance(10 * MINUTE);
    permit.release();
    // What was asked by then has been answered when this is.
    const scripts = () => asked().filter((command) => /^"eval/i.test(command));
    await until(() => scripts().length > 0);
    redis.cli('PING');
    assert.equal(scripts().length, 1, 'the release alone');
    await assertNothingLeft(server, clock.pending);
  });

  // Guards against a subscription that is begun when nobody is left to end it.
  test('when it is closed while it asks for a permit, does not begin to listen', async (t) => {
    const { clock, server, tenant, mint, connection, own } = await open(t);
    const minting = mint('ada');
    await tenant.close();

    assert.equal(await minting, 'tenant_unavailable');
    // Answered after the question that was under way.
    await connection.check();
    await settle();
    assert.equal(own.subscriptions(), 0);
    await assertNothingLeft(server, clock.pending);
  });

  test('when it is closed while it begins to listen, listens no more', async (t) => {
    const { clock, server, tenant, mint, own } = await open(t);
    const minting = mint('ada');
    await until(() => own.begun() === 1);
    await tenant.close();

    assert.equal(await minting, 'tenant_unavailable');
    assert.equal(own.subscriptions(), 0);
    await assertNothingLeft(server, clock.pending);
  });

  test('when it is closed as it gets its permit, gives it back', async (t) => {
    const { clock, server, tenant, mint, permit, connection, taken } = await open(t);
    permit.release();
    await until(() => taken() === 0);
    const minting = mint('ada');
    await tenant.close();

    assert.equal(await minting, 'tenant_unavailable');
    // Answered after the question that was under way.
    await connection.check();
    await until(() => taken() === 0);
    await assertNothingLeft(server, clock.pending);
  });

  test('when it is closed leaves one that takes its place listening', async (t) => {
    const { server, tenant, mint, permit, openOne } = await open(t);
    const [before, now] = [mint('ada'), openOne()];
    const minting = now.mint('bruno');
    await until(() => channels().length === 1);
    await until(() => now.tenant.state.waiting === 1);

    await tenant.close();
    assert.equal(await before, 'tenant_unavailable');
    assert.equal(channels().length, 1);

    // The clock stands still: only the message can tell that there is a permit.
    permit.release();
    await until(() => server.minted.includes('bruno'));
    await now.tenant.close();
    assert.equal(await minting, 'tenant_unavailable');
    await until(() => channels().length === 0);
  });

  test('when Redis is away is closed all the same', async (t) => {
    const own = await startRedis();
    t.after(() => own.stop());
    const clock = createManualClock();
    const server = await startTenantServer(t);
    const connection = await connect(t, own.port);
    const { tenant, mint } = openTenant(t, clock, { url: server.url }, (name, options) =>
      createRedisCallLimits({ ...options, name, redis: connection, now: clock.now }),
    );
    await own.kill();
    const renewal = mint('ada', 'renewal');
    assert.equal(await mint('bruno'), 'store_unavailable');
    assert.equal(tenant.state.waiting, 1);

    await tenant.close();

    assert.equal(await renewal, 'tenant_unavailable');
    assert.equal(clock.pending, 0);
  });
});

async function connect(t: TestContext, port: number): Promise<RedisConnection> {
  const connection = await connectRedis({
    target: { host: '127.0.0.1', port, database: 0 },
    prefix: 'qtb:',
    emit() {},
  });
  t.after(() => connection.close());
  return connection;
}

/** The connection, and how many subscriptions were begun, and are not ended. */
function watched(connection: RedisConnection) {
  let begun = 0;
  let ended = 0;
  const redis: RedisConnection = {
    ...connection,
    async subscribe(channel, listener) {
      begun += 1;
      const unsubscribe = await connection.subscribe(channel, listener);
      return () => {
        ended += 1;
        unsubscribe();
      };
    },
  };
  return { redis, begun: () => begun, subscriptions: () => begun - ended };
}
