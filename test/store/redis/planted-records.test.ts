import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, type TestContext, test } from 'node:test';
import { connectRedis } from '../../../src/store/redis/connection.ts';
import { createRedisRecords } from '../../../src/store/redis/records.ts';
import { createSeal } from '../../../src/store/seal.ts';
import { createSealedRecords } from '../../../src/store/sealed-records.ts';
import { type RedisServer, redisMissing, startRedis } from '../../support/redis-server.ts';

const ADVANCE = { dependent: '{ada}:token', forMs: 60_000 };
const limits = { idleMs: 60_000, lifetimeMs: 60_000 };
const KEY = 'qtb:record:{ada}:key';
const GROUP = 'qtb:partition:{ada}:g';

describe('given a Redis into which somebody wrote', { skip: redisMissing() }, () => {
  let server: RedisServer;
  before(async () => {
    server = await startRedis();
  });
  after(() => server.stop());
  beforeEach(() => {
    server.cli('FLUSHALL');
  });

  async function open(t: TestContext) {
    const troubles: unknown[] = [];
    const unreadable: string[] = [];
    const redis = await connectRedis({
      target: { host: '127.0.0.1', port: server.port, database: 0 },
      prefix: 'qtb:',
      emit: (event) => event.type !== 'store.connected' && troubles.push(event),
    });
    const records = createSealedRecords({
      store: createRedisRecords(redis),
      seal: createSeal([createSecretKey(randomBytes(32))]),
      deployment: 'test',
      emit(event) {
        if (event.type === 'store.record_unreadable') unreadable.push(event.why);
      },
    });
    t.after(() => records.close());
    return { records, unreadable, troubles };
  }

  for (const [what, plant] of [
    ['a text', () => replaced('SET', KEY, 'garbage')],
    ['a list', () => replaced('RPUSH', KEY, 'garbage')],
    ['a stranger’s hash', () => replaced('HSET', KEY, 'name', 'ada')],
    ...['v', 'r', 'i', 'e', 'g'].map((field) => [
      `a record without its ${field}`,
      () => server.cli('HDEL', KEY, field),
    ]),
    ...['r', 'i', 'e'].flatMap((field) =>
      ['', 'x', '-1', 'nan', 'inf', '1e300', '9'.repeat(400)].map((value) => [
        `a record whose ${field} is “${value.slice(0, 9)}”`,
        () => server.cli('HSET', KEY, field, value),
      ]),
    ),
  ] as [string, () => void][]) {
    test(`${what} is as good as no record, reported, and no outage`, async (t) => {
      const { records, unreadable, troubles } = await open(t);
      await records.create('{ada}:key', 'first', limits, '{ada}:g');
      plant();

      assert.equal(await records.use('{ada}:key'), undefined);
      assert.equal(await records.peek('{ada}:key'), undefined);
      assert.deepEqual(unreadable, ['garbage', 'garbage']);
      assert.equal(await records.remove('{ada}:key'), undefined);
      assert.equal(await records.replace('{ada}:key', 'other', 0), false);

      assert.equal(await records.create('{ada}:key', 'new', limits, '{ada}:g'), true, 'its place is free');
      assert.equal((await records.use('{ada}:key'))?.value, 'new');
      plant();
      const options = { lifetimeMs: 1_000, partition: '{ada}:g', generation: '' };
      assert.equal(await records.put('{ada}:key', 'newer', options), true);
      assert.equal((await records.peek('{ada}:key'))?.value, 'newer');
      assert.deepEqual(troubles, []);
    });
  }

  test('a partition that is none hides its records, and takes new ones', async (t) => {
    const { records, troubles } = await open(t);
    await records.create('{ada}:key', 'value', limits, '{ada}:g');
    server.cli('SET', GROUP, 'garbage');

    assert.deepEqual(await records.remove('{ada}:key'), { left: 0, advanced: undefined });
    server.cli('SET', GROUP, 'garbage');
    assert.equal((await records.removePartition('{ada}:g', ADVANCE)).removed, 0);
    server.cli('SET', GROUP, 'garbage');
    assert.equal(await records.create('{ada}:key', 'value', limits, '{ada}:g'), true);
    assert.equal((await records.trimPartition('{ada}:g', 10)).left, 1);
    assert.deepEqual(troubles, []);
  });

  test('a generation that is none is an error: what was revoked must not count again', async (t) => {
    const { records } = await open(t);
    await records.create('{ada}:key', 'value', limits, '{ada}:g');
    server.cli('RPUSH', 'qtb:generation:{ada}:g', 'garbage');

    await assert.rejects(records.use('{ada}:key'), { code: 'store_unavailable' });
  });

  test('a right that is missing is an error, and nobody’s record is taken for missing', async (t) => {
    const { records } = await open(t);
    await records.create('{ada}:key', 'value', limits, '{ada}:g');
    server.cli('ACL', 'SETUSER', 'default', '-hmget');
    t.after(() => server.cli('ACL', 'SETUSER', 'default', '+hmget'));

    await assert.rejects(records.use('{ada}:key'), { code: 'store_unavailable' });
    server.cli('ACL', 'SETUSER', 'default', '+hmget');
    assert.equal((await records.use('{ada}:key'))?.value, 'value');
  });

  function replaced(...command: string[]): void {
    server.cli('DEL', KEY);
    server.cli(...command);
  }
});
