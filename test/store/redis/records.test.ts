import { after, before, describe } from 'node:test';
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
      emit: () => {},
    });
    const store = createRedisRecords(redis);
    return { store, advance: async (ms) => server.advance(ms + 1), close: store.close };
  });
});
