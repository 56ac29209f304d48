import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, type TestContext, test } from 'node:test';
import { createMemoryRate } from '../../../src/store/memory/rate.ts';
import { connectRedis } from '../../../src/store/redis/connection.ts';
import { createRedisRate } from '../../../src/store/redis/rate.ts';
import type { SharedRate } from '../../../src/store/shared-rate.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { movableRedisMissing, type RedisServer, startRedis } from '../../support/redis-server.ts';

const SIX_A_MINUTE = { limit: 6, windowMs: 60_000 };

interface RateUnderTest {
  readonly rate: SharedRate;
  /** Of another replica. */
  readonly other: SharedRate;
  advance(ms: number): Promise<void>;
}

function describeRate(open: (t: TestContext) => Promise<RateUnderTest>): void {
  test('so many at once, from whichever replica, then one after the other', async (t) => {
    const { rate, other, advance } = await open(t);
    const key = randomUUID();
    for (let n = 0; n < 6; n += 1) assert.equal(await (n % 2 === 0 ? rate : other).take(key), 0);
    const waitMs = await rate.take(key);
    assert.ok(waitMs > 9_000 && waitMs <= 10_000, String(waitMs));
    assert.ok((await other.take(key)) > 9_000, 'who is refused counts no more');
    assert.equal(await rate.take(randomUUID()), 0, 'others are counted for themselves');
    await advance(10_000);
    assert.equal(await other.take(key), 0);
    assert.ok((await rate.take(key)) > 9_000);
    await advance(60_000);
    for (let n = 0; n < 6; n += 1) assert.equal(await rate.take(key), 0);
  });

  test('what is given back was not counted', async (t) => {
    const { rate, other } = await open(t);
    const key = randomUUID();
    await rate.giveBack(key);
    for (let n = 0; n < 20; n += 1) {
      assert.equal(await rate.take(key), 0);
      await other.giveBack(key);
    }
  });
}

describe('a rate in memory', () => {
  describeRate(async () => {
    const clock = createManualClock();
    const rate = createMemoryRate(SIX_A_MINUTE, clock.now);
    return { rate, other: rate, advance: clock.advance };
  });
});

describe('a rate in Redis', { skip: movableRedisMissing() }, () => {
  let server: RedisServer;
  before(async () => {
    server = await startRedis([], { standingClock: true });
  });
  after(() => server.stop());

  async function replica(t: TestContext): Promise<SharedRate> {
    const redis = await connectRedis({
      target: { host: '127.0.0.1', port: server.port, database: 0 },
      prefix: 'qtb:',
      emit() {},
    });
    t.after(() => redis.close());
    return createRedisRate(redis, 'test', SIX_A_MINUTE);
  }

  describeRate(async (t) => ({
    rate: await replica(t),
    other: await replica(t),
    advance: async (ms) => server.advance(ms + 1),
  }));

  test('that somebody wrote garbage into, or whose clock went back, counts from the start', async (t) => {
    const rate = await replica(t);
    for (const planted of ['garbage', '', '9'.repeat(40), '-1', '1e300']) {
      const key = randomUUID();
      server.cli('SET', `qtb:rate:test:{${key}}`, planted);
      assert.equal(await rate.take(key), 0, planted);
    }
  });

  test('leaves nothing behind', async (t) => {
    const rate = await replica(t);
    server.cli('FLUSHALL');
    await rate.take('a');
    await rate.giveBack('a');
    server.advance(61_000);
    assert.equal(server.cli('KEYS', 'qtb:rate:*').trim(), '');
  });
});
