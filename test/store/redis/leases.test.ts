import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type Clock, systemClock } from '../../../src/lib/clock.ts';
import type { Leases } from '../../../src/store/leases.ts';
import { StoreUnavailableError } from '../../../src/store/record-store.ts';
import { connectRedis } from '../../../src/store/redis/connection.ts';
import { createRedisLeases } from '../../../src/store/redis/leases.ts';
import { describeLeases } from '../../contract/leases-contract.ts';
import { movableRedisMissing, type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

const LONG_MS = 600_000;

describe('given a Redis', { skip: movableRedisMissing() }, () => {
  let server: RedisServer;
  before(async () => {
    server = await startRedis([], { standingClock: true });
  });
  after(() => server.stop());

  async function replica(clock: Clock = systemClock) {
    const redis = await connectRedis({
      target: { host: '127.0.0.1', port: server.port, database: 0 },
      prefix: 'qtb:',
      emit: () => {},
    });
    return { redis, leases: createRedisLeases({ redis, ...clock }) };
  }

  describeLeases('it', async () => {
    let time = Date.now();
    // Whoever waits looks again now and then, by a clock that goes on.
    const clock = { ...systemClock, now: () => time };
    const [here, there] = [await replica(clock), await replica(clock)];
    return {
      here: here.leases,
      there: there.leases,
      async advance(ms) {
        server.advance(ms + 1);
        time += ms + 1;
      },
      async close() {
        for (const { redis, leases } of [here, there]) {
          await leases.close();
          await redis.close();
        }
      },
    };
  });

  /** Somebody who has begun to wait for one that is taken: who listens already, and has looked once. */
  async function waitFor(leases: Leases, name: string) {
    const before = await lookups();
    const waited = leases.ended(name, LONG_MS);
    await until(async () => (await lookups()) > before);
    return { waited };
  }

  const lookups = async () =>
    Number(/cmdstat_exists:calls=(\d+)/.exec(await server.ask('INFO', 'commandstats'))?.[1] ?? 0);

  test('a release is told at once, not found by looking again', async (t) => {
    const here = await replica();
    const there = await replica({ ...systemClock, after: () => () => {} });
    t.after(() => Promise.all([here.redis.close(), there.redis.close()]));
    const lease = await here.leases.take('{ada}:told', LONG_MS);
    const { waited } = await waitFor(there.leases, '{ada}:told');
    const before = await lookups();
    await lease?.release();
    await waited;
    assert.equal(await lookups(), before);
  });

  test('given that messages do not get through, a release is noticed all the same', async (t) => {
    const [here, there] = [await replica(), await replica()];
    t.after(() => Promise.all([here.redis.close(), there.redis.close()]));
    const lease = await here.leases.take('{ada}:silent', LONG_MS);
    const { waited } = await waitFor(there.leases, '{ada}:silent');
    server.cli('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await lease?.release();
    await waited;
  });

  test('given somebody who may not subscribe, a release is noticed all the same', async (t) => {
    server.cli('ACL', 'SETUSER', 'mute', 'on', '>secret', '~*', '+@all', '-subscribe');
    const redis = await connectRedis({
      target: { host: '127.0.0.1', port: server.port, database: 0, username: 'mute', password: 'secret' },
      prefix: 'qtb:',
      emit: () => {},
    });
    t.after(() => redis.close());
    const leases = createRedisLeases({ redis, ...systemClock });
    const lease = await leases.take('{ada}:mute', LONG_MS);
    const { waited } = await waitFor(leases, '{ada}:mute');
    await lease?.release();
    await waited;
  });

  test('given a Redis that is frozen when one is asked for or released, nobody has it once it thaws', async (t) => {
    const [here, there] = [await replica(), await replica()];
    t.after(() => Promise.all([here.redis.close(), there.redis.close()]));
    const lease = await here.leases.take('{ada}:frozen', LONG_MS);
    server.process.kill('SIGSTOP');
    t.after(() => server.process.kill('SIGCONT'));
    await assert.rejects(async () => lease?.release(), StoreUnavailableError);
    await assert.rejects(here.leases.take('{bruno}:frozen', LONG_MS), StoreUnavailableError);
    server.process.kill('SIGCONT');

    await setTimeout(150);
    await until(() => server.cli('KEYS', '*:frozen') === '');
  });

  test('what is closed leaves no lease behind', async () => {
    const { redis, leases } = await replica();
    await leases.take('{ada}:left', LONG_MS);
    await leases.close();
    await redis.close();
    assert.equal(server.cli('KEYS', '*{ada}:left*'), '');
  });
});
