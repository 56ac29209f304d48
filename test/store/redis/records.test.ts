import { after, before, describe } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { connectRedis } from '../../../src/store/redis/connection.ts';
import { createRedisRecords } from '../../../src/store/redis/records.ts';
import { describeRecordStore } from '../../contract/record-store-contract.ts';
import { type RedisServer, redisMissing, startRedis } from '../../support/redis-server.ts';

describe('given a Redis', { skip: redisMissing() }, () => {
  let server: RedisServer;
  before(async () => {
    server = await startRedis();
  });
  after(() => server.stop());

  describeRecordStore('it', async () => {
    const redis = await connectRedis({
      target: { host: '127.0.0.1', port: server.port, database: 0 },
      emit: () => {},
    });
    const store = createRedisRecords(redis);
    return { store, advance: (ms) => setTimeout(ms + 2), close: store.close };
  });
});
