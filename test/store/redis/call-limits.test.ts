import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { CallLimitsOptions } from '../../../src/store/call-limits.ts';
import { StoreUnavailableError } from '../../../src/store/record-store.ts';
import { createRedisCallLimits } from '../../../src/store/redis/call-limits.ts';
import { connectRedis } from '../../../src/store/redis/connection.ts';
import { describeCallLimits } from '../../contract/call-limits-contract.ts';
import { ownTimeOf } from '../../support/own-time.ts';
import { movableRedisMissing, type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

const KEY_PREFIX = 'qtb:';

const options: CallLimitsOptions = {
  concurrency: 1,
  rate: { limit: 10, windowMs: 60_000 },
  permitMs: 60_000,
};
const ask = { by: 'a', rank: 0, share: 1 };

describe('given a Redis', { skip: movableRedisMissing() }, () => {
  let server: RedisServer;
  before(async () => {
    server = await startRedis([], { standingClock: true });
  });
  after(() => server.stop());

  const connect = (port = server.port) =>
    connectRedis({ target: { host: '127.0.0.1', port, database: 0 }, prefix: 'qtb:', emit() {} });

  describeCallLimits('it', async (limits) => {
    const name = `https://${randomUUID()}.example`;
    const [one, other] = [await connect(), await connect()];
    return {
      here: createRedisCallLimits({ ...limits, name, redis: one, now: Date.now }),
      there: createRedisCallLimits({ ...limits, name, redis: other, now: Date.now }),
      advance: async (ms) => server.advance(ms + 1),
      close: async () => void (await Promise.all([one.close(), other.close()])),
    };
  });

  test('two tenants have limits of their own', async (t) => {
    const redis = await connect();
    t.after(() => redis.close());
    const [acme, globex] = ['https://acme.example', 'https://globex.example'].map((name) =>
      createRedisCallLimits({ ...options, name, redis, now: Date.now }),
    );
    await acme?.closeFor(60_000);

    assert.ok((await globex?.enter(ask))?.permit);
    assert.equal((await acme?.enter(ask))?.permit, undefined);
  });

  test('a clock that is wrong here changes nothing: the time is that of Redis', async (t) => {
    const redis = await connect();
    t.after(() => redis.close());
    const name = randomUUID();
    const limits = (now: () => number) =>
      createRedisCallLimits({
        ...options,
        concurrency: 9,
        rate: { limit: 1, windowMs: 60_000 },
        name,
        redis,
        now,
      });

    const noon = Date.now();
    assert.ok((await limits(() => noon - 3_600_000).enter(ask)).permit);
    const refused = await limits(() => noon + 3_600_000).enter(ask);

    assert.ok(!refused.permit && refused.reason === 'budget');
    assert.equal(refused.waitMs, 60_000);
    assert.equal(refused.budget.waitMs(1, 0), 60_000);
  });

  test('calls that a Redis with another clock counted are in nobody’s way', async (t) => {
    const redis = await connect();
    t.after(() => redis.close());
    const name = randomUUID();
    const limits = createRedisCallLimits({
      ...options,
      rate: { limit: 1, windowMs: 60_000 },
      name,
      redis,
      now: Date.now,
    });
    const inAnHour = String(Date.now() + 3_600_000);
    const key = (part: string) => `${KEY_PREFIX}calls:{${name}}:${part}`;
    for (const part of ['spent', 'permits']) server.cli('ZADD', key(part), inAnHour, 'of another primary');
    server.cli('HSET', key('waiting'), 'of another primary', `0 ${inAnHour}`);

    assert.ok((await limits.enter({ ...ask, rank: 1 })).permit);
    assert.equal((await limits.enter({ ...ask, rank: 1 })).permit, undefined);
  });

  test('nothing is left behind of a tenant that nobody calls any more', async (t) => {
    const redis = await connect();
    t.after(() => redis.close());
    const name = randomUUID();
    const limits = createRedisCallLimits({
      ...options,
      rate: { limit: 10, windowMs: 300 },
      permitMs: 300,
      name,
      redis,
      now: Date.now,
    });
    await limits.enter(ask);
    await limits.enter(ask);
    await limits.closeFor(300);
    const keys = () => server.cli('KEYS', `${KEY_PREFIX}calls:{${name}}:*`).split('\n').filter(Boolean);
    assert.equal(keys().length, 4);

    server.advance(1_100);

    assert.deepEqual(keys(), []);
  });

  test('a Redis without memory left still counts, and closes', async (t) => {
    const own = await startRedis(['--maxmemory', '1', '--maxmemory-policy', 'noeviction']);
    t.after(() => own.stop());
    const redis = await connect(own.port);
    t.after(() => redis.close());
    const limits = createRedisCallLimits({ ...options, name: 'tenant', redis, now: Date.now });

    const { permit } = await limits.enter(ask);
    assert.ok(permit);
    assert.equal((await limits.enter(ask)).permit, undefined);
    permit.release();
    await limits.closeFor(60_000);
    const refused = await limits.enter(ask);
    assert.ok(!refused.permit && refused.reason === 'closed');
  });

  test('the rights that the service asks for are enough', async (t) => {
    const rights = readFileSync(new URL('../../../docker/valkey-users.acl', import.meta.url), 'utf8');
    const [, granted] = /^user broker on #\S+ (.*)$/m.exec(rights) ?? [];
    assert.ok(granted);
    server.cli('ACL', 'SETUSER', 'broker', 'on', '>secret', ...granted.split(' '));
    const redis = await connectRedis({
      target: { host: '127.0.0.1', port: server.port, database: 0, username: 'broker', password: 'secret' },
      prefix: 'qtb:',
      emit() {},
    });
    t.after(() => redis.close());
    const limits = createRedisCallLimits({ ...options, name: randomUUID(), redis, now: Date.now });
    let told = 0;
    limits.onChange(() => {
      told += 1;
    });
    await limits.enter(ask);
    await limits.enter(ask);
    await until(async () => (await server.ask('PUBSUB', 'CHANNELS', '*:changed')) !== '');
    await limits.closeFor(60_000);
    await until(() => told > 0);
    assert.equal(told, 1);
  });

  test('without Redis, asking is refused within a second, and permits that are released are nobody’s error', async (t) => {
    const own = await startRedis();
    t.after(() => own.stop());
    const redis = await connect(own.port);
    t.after(() => redis.close());
    const limits = createRedisCallLimits({ ...options, name: 'tenant', redis, now: Date.now });
    const { permit } = await limits.enter(ask);
    assert.ok(permit);
    await own.kill();

    permit.release();
    for (const asking of [() => limits.enter(ask), () => limits.closeFor(1_000)]) {
      const { ownMs } = await ownTimeOf(() => assert.rejects(asking, StoreUnavailableError));
      assert.ok(ownMs < 1_000, `${ownMs} ms`);
    }
  });
});
