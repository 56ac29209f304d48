import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { StoreUnavailableError } from '../../../src/store/record-store.ts';
import { connectRedis } from '../../../src/store/redis/connection.ts';
import { createRedisRecords } from '../../../src/store/redis/records.ts';
import { describeRecordStore } from '../../contract/record-store-contract.ts';
import { movableRedisMissing, type RedisServer, startRedis } from '../../support/redis-server.ts';

describe('given a Redis', { skip: movableRedisMissing() }, () => {
  let server: RedisServer;
  before(async () => {
    server = await startRedis([], { standingClock: true });
  });
  after(() => server.stop());

  describeRecordStore('it', async () => {
    const redis = await connectRedis({
      target: { host: '127.0.0.1', port: server.port, database: 0 },
      prefix: 'qtb:',
      emit: () => {},
    });
    const store = createRedisRecords(redis);
    return { store, advance: async (ms) => server.advance(ms + 1), close: store.close };
  });

  test('with no memory left, only what is needed to sign somebody out, and a user’s token, are kept', async (t) => {
    const redis = await connectRedis({
      target: { host: '127.0.0.1', port: server.port, database: 0 },
      prefix: 'qtb:',
      emit: () => {},
    });
    const store = createRedisRecords(redis);
    t.after(() => store.close());
    server.cli('CONFIG', 'SET', 'maxmemory', '1');
    t.after(() => server.cli('CONFIG', 'SET', 'maxmemory', '0'));
    const limits = { idleMs: 60_000, lifetimeMs: 60_000 };
    await assert.rejects(store.create('{full}:session', 'value', limits, '{full}'), StoreUnavailableError);
    const small = { ...limits, evenWhenFull: true } as const;
    assert.equal(await store.create('{full}:mark', '', small, '{full}:mark'), true);
    const put = { lifetimeMs: 60_000, partition: '{full}', generation: '' };
    assert.equal(await store.put('{full}:token', 'token', put), true);
    assert.equal(
      (await store.removePartition('{full}', { dependent: '{full}:token', forMs: 60_000 })).advanced.value,
      'token',
    );
    assert.deepEqual(await store.remove('{full}:mark'), { left: 0, advanced: undefined });
  });
});
