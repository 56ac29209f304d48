import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { systemClock } from '../../../src/lib/clock.ts';
import { StoreUnavailableError } from '../../../src/store/record-store.ts';
import { connectRedis } from '../../../src/store/redis/connection.ts';
import { createRedisLeases } from '../../../src/store/redis/leases.ts';
import { describeLeases } from '../../contract/leases-contract.ts';
import { type RedisServer, redisMissing, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

describe('given a Redis', { skip: redisMissing() }, () => {
  let server: RedisServer;
  before(async () => {
    server = await startRedis();
  });
  after(() => server.stop());

  async function replica() {
    const redis = await connectRedis({
      target: { host: '127.0.0.1', port: server.port, database: 0 },
      emit: () => {},
    });
    return { redis, leases: createRedisLeases({ redis, ...systemClock }) };
  }

  describeLeases('it', async () => {
    const [here, there] = [await replica(), await replica()];
    return {
      here: here.leases,
      there: there.leases,
      advance: (ms) => setTimeout(ms + 2),
      async close() {
        for (const { redis, leases } of [here, there]) {
          await leases.close();
          await redis.close();
        }
      },
    };
  });

  test('a release is told at once, not found by looking again', async (t) => {
    const [here, there] = [await replica(), await replica()];
    t.after(() => Promise.all([here.redis.close(), there.redis.close()]));
    const lease = await here.leases.take('{ada}:told', 60_000);
    const waited = there.leases.ended('{ada}:told', 60_000);
    await setTimeout(150);
    const lookups = () => Number(/cmdstat_exists:calls=(\d+)/.exec(server.cli('INFO', 'commandstats'))?.[1]);
    const before = lookups();
    await lease?.release();
    await waited;
    assert.equal(lookups(), before);
  });

  test('given that messages do not get through, a release is noticed all the same', async (t) => {
    const [here, there] = [await replica(), await replica()];
    t.after(() => Promise.all([here.redis.close(), there.redis.close()]));
    const lease = await here.leases.take('{ada}:silent', 60_000);
    const waited = there.leases.ended('{ada}:silent', 60_000);
    await setTimeout(150);
    server.cli('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await lease?.release();
    await waited;
  });

  test('given somebody who may not subscribe, a release is noticed all the same', async (t) => {
    server.cli('ACL', 'SETUSER', 'mute', 'on', '>secret', '~*', '+@all', '-subscribe');
    const redis = await connectRedis({
      target: { host: '127.0.0.1', port: server.port, database: 0, username: 'mute', password: 'secret' },
      emit: () => {},
    });
    t.after(() => redis.close());
    const leases = createRedisLeases({ redis, ...systemClock });
    const lease = await leases.take('{ada}:mute', 60_000);
    const waited = leases.ended('{ada}:mute', 60_000);
    await setTimeout(150);
    await lease?.release();
    await waited;
  });

  test('given a Redis that is frozen when one is asked for or released, nobody has it once it thaws', async (t) => {
    const [here, there] = [await replica(), await replica()];
    t.after(() => Promise.all([here.redis.close(), there.redis.close()]));
    const lease = await here.leases.take('{ada}:frozen', 60_000);
    server.process.kill('SIGSTOP');
    t.after(() => server.process.kill('SIGCONT'));
    await assert.rejects(async () => lease?.release(), StoreUnavailableError);
    await assert.rejects(here.leases.take('{bruno}:frozen', 60_000), StoreUnavailableError);
    server.process.kill('SIGCONT');

    await setTimeout(150);
    await until(() => server.cli('KEYS', '*:frozen') === '');
  });

  test('what is closed leaves no lease behind', async () => {
    const { redis, leases } = await replica();
    await leases.take('{ada}:left', 60_000);
    await leases.close();
    await redis.close();
    assert.equal(server.cli('KEYS', '*{ada}:left*'), '');
  });
});
