import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connectRedis } from '../../../src/store/redis/connection.ts';
import type { RedisTarget } from '../../../src/store/redis/options.ts';
import { createRedisRecords } from '../../../src/store/redis/records.ts';
import type { RedisError } from '../../../src/store/redis/redis-error.ts';
import { describeRecordStore } from '../../contract/record-store-contract.ts';
import { createCertificate } from '../../qlik/certificate.ts';
import { movableRedisMissing, type RedisServer, startRedis } from '../../support/redis-server.ts';
import { freePort } from '../../support/test-service.ts';
import { until } from '../../support/until.ts';

const KEY_PREFIX = 'qtb:';

const PASSWORD = 'canary-4711';
/** The rights that docs/running-several.md and docker/ give the service. */
const [, RIGHTS = ''] =
  /^user broker on \S+ (.+)$/m.exec(
    readFileSync(new URL('../../../docker/valkey-users.acl', import.meta.url), 'utf8'),
  ) ?? [];

describe('given a Redis with TLS and a user of its own for the service', {
  skip: movableRedisMissing(),
}, () => {
  const { key, cert } = createCertificate('localhost');
  let server: RedisServer;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'redis-tls-'));
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    writeFileSync(keyFile, key);
    writeFileSync(certFile, cert);
    const port = await freePort();
    const tls = ['--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-ca-cert-file', certFile];
    const cliArgs = ['--tls', '--cacert', certFile, '-h', 'localhost'];
    server = await startRedis(
      ['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no', ...tls],
      {
        port,
        cliArgs,
        standingClock: true,
      },
    );
    server.cli('ACL', 'SETUSER', 'broker', 'on', `>${PASSWORD}`, ...RIGHTS.split(' '));
    server.cli('ACL', 'SETUSER', 'default', 'resetkeys', 'nopass', '+@all');
  });
  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  const target = (changes: Partial<RedisTarget> = {}): RedisTarget => ({
    host: 'localhost',
    port: server.port,
    username: 'broker',
    password: PASSWORD,
    database: 0,
    tls: { ca: cert },
    ...changes,
  });

  async function connect(changes: Partial<RedisTarget> = {}) {
    const troubles: (RedisError | undefined)[] = [];
    const redis = await connectRedis({
      target: target(changes),
      prefix: 'qtb:',
      emit: (event) => troubles.push('error' in event ? (event.error as RedisError) : undefined),
    });
    return { redis, troubles };
  }

  describeRecordStore('it', async () => {
    const { redis } = await connect();
    const store = createRedisRecords(redis);
    return { store, advance: async (ms) => server.advance(ms + 1), close: store.close };
  });

  test('messages arrive, until nobody listens any more', async (t) => {
    const { redis } = await connect();
    t.after(() => redis.close());
    const publish = redis.define('say', 1, `return redis.call('PUBLISH', KEYS[1], ARGV[1])`);
    const channel = `${KEY_PREFIX}${randomUUID()}`;
    const heard: string[] = [];

    const stop = await redis.subscribe(channel, (message) => heard.push(message));
    const stopOther = await redis.subscribe(channel, (message) => heard.push(`other ${message}`));
    await publish(channel, 'one');
    await until(() => heard.length === 2);
    stop();
    await publish(channel, 'two');
    await until(() => heard.length === 3);
    stopOther();
    assert.deepEqual(heard, ['one', 'other one', 'other two']);
    await until(async () => (await publish(channel, 'three')) === 0);
  });

  test('the service’s user reaches nothing but its own keys, and administers nothing', async (t) => {
    const { redis } = await connect();
    t.after(() => redis.close());
    const call = (name: string, lua: string) => redis.define(name, 0, lua)();

    for (const [name, lua] of [
      ['foreign', `return redis.call('GET', 'somebody else')`],
      ['flush', `return redis.call('FLUSHALL')`],
      ['config', `return redis.call('CONFIG', 'GET', '*')`],
    ] as const) {
      await assert.rejects(
        call(name, lua),
        (error: Error) => (error.cause as RedisError).code.match(/NOPERM|ERR/) !== null,
      );
    }
  });

  for (const [what, changes, code] of [
    ['a certificate that nobody vouches for', { tls: {} }, /SELF_SIGNED/],
    ['another CA', { tls: { ca: createCertificate('localhost').cert } }, /SELF_SIGNED|SIGNATURE|ISSUER/],
    ['a certificate for another name', { host: '127.0.0.1' }, /^ERR_TLS_CERT_ALTNAME_INVALID$/],
    ['a wrong password', { password: `${PASSWORD}-wrong` }, /^WRONGPASS$/],
    ['an unknown user', { username: 'nobody' }, /^WRONGPASS$/],
    ['plain text to a TLS port', { tls: undefined }, /^(ECONNRESET|DISCONNECTED|TIMEOUT)$/],
  ] as [string, Partial<RedisTarget>, RegExp][]) {
    test(`${what}: nothing is kept, and the reason holds no password`, async (t) => {
      const { redis, troubles } = await connect(changes);
      const store = createRedisRecords(redis);
      t.after(() => store.close());

      await assert.rejects(
        store.create('key', 'value', { idleMs: 1_000, lifetimeMs: 1_000 }, 'partition'),
        (error: Error) => {
          assert.equal(error.name, 'StoreUnavailableError');
          assert.match((error.cause as RedisError).code, code);
          return true;
        },
      );
      assert.equal(troubles.length, 1);
      const shown = [...troubles, troubles[0]?.stack].map(String).join() + JSON.stringify(troubles);
      assert.ok(!shown.includes(PASSWORD));
    });
  }
});
