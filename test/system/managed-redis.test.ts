import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { assertProblem } from '../session/browser.ts';
import { runBuilt } from '../support/child.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';
import { createRedisService } from '../support/redis-service.ts';
import { freePort, type TestService, testEnv } from '../support/test-service.ts';
import { until } from '../support/until.ts';

const PASSWORD = 'canary-4711';

interface Away {
  readonly address: string;
  readonly err: { readonly code: string; readonly message: string };
}

describe('given a Redis as services and companies have it', { skip: redisMissing() }, () => {
  async function redis(t: TestContext, args: readonly string[] = [], cliArgs: readonly string[] = []) {
    const server = await startRedis(args, { cliArgs });
    t.after(() => server.stop());
    return server;
  }

  const as = (server: RedisServer, user: string, database = '') => ({
    env: { REDIS_URL: `redis://${user}:${PASSWORD}@127.0.0.1:${server.port}${database}` },
  });

  /** The user of the documentation, with some rights less. */
  function limited(server: RedisServer, ...changes: string[]): void {
    const rights =
      '~qtb:* &qtb:* -@all +@read +@write +@connection +@pubsub -@dangerous +eval +evalsha +time +info';
    server.cli(
      'ACL',
      'SETUSER',
      'broker',
      'on',
      `>${PASSWORD}`,
      'resetkeys',
      'resetchannels',
      ...rights.split(' '),
      ...changes,
    );
  }

  async function readiness(service: TestService) {
    const answer = await service.fetch({ url: '/readyz' });
    return [answer.statusCode, answer.json().checks.store];
  }

  /** It is not ready, and the log says why in Redis's own words, once, without a password or a key. */
  async function assertAwayFor(service: TestService, server: RedisServer, reason: RegExp): Promise<void> {
    for (let n = 0; n < 3; n++) assert.deepEqual(await readiness(service), [503, 'failing']);
    const [away, ...more] = service.entries('store.away') as unknown as Away[];
    assert.match(away?.err.message ?? '', reason);
    assert.equal(away?.address, `127.0.0.1:${server.port}`);
    assert.deepEqual(more, []);
    assert.doesNotMatch(service.logged.join(''), new RegExp(`${PASSWORD}|qtb:|check-`));
  }

  test('the user of the documentation is enough, and nothing is left behind by checks', async (t) => {
    const server = await redis(t);
    limited(server);
    const service = await createRedisService(t, server.port, as(server, 'broker'));

    const answers = await Promise.all(Array.from({ length: 50 }, () => readiness(service)));

    assert.deepEqual(answers, Array(50).fill([200, 'ok']));
    assert.equal(server.cli('DBSIZE'), '0');
    assert.equal(service.entries('store.away').length, 0);
    assert.equal(service.entries('store.messages_refused').length, 0);
    const [connected] = service.entries('store.connected');
    assert.match(String(connected?.software), /^(Redis|Valkey) \d+\.\d+\.\d+$/);
    assert.equal(connected?.evictionPolicy, 'noeviction');
    // Those who ask at the same time share one check, of four turns with seven scripts.
    const calls = Number(/cmdstat_evalsha:calls=(\d+)/.exec(server.cli('INFO', 'commandstats'))?.[1]);
    assert.ok(calls < 50, `${calls} scripts`);
  });

  for (const [what, change, reason] of [
    ['scripts', ['-eval', '-evalsha'], /NOPERM .*permissions to run the 'eval(sha)?' command/],
    ['our keys', ['resetkeys', '~other:*'], /NOPERM .*key/],
    ['writes', ['-@write'], /NOPERM|The user executing the script can't run this command/],
    ['the time', ['-time'], /NOPERM|The user executing the script can't run this command/],
  ] as const) {
    test(`a user without the right to ${what} is seen at the start and by /readyz, and again when it has it`, async (t) => {
      const server = await redis(t);
      limited(server, ...change);
      const service = await createRedisService(t, server.port, as(server, 'broker'));
      await assertAwayFor(service, server, reason);

      limited(server);
      await until(() => service.entries('store.back').length === 1);
      assert.deepEqual(await readiness(service), [200, 'ok']);
      await service.login('ada');

      limited(server, ...change);
      await until(async () => (await readiness(service))[0] === 503);
      assert.equal(service.entries('store.away').length, 2);
    });
  }

  test('a user without messages is told of once, and everybody is served', async (t) => {
    const server = await redis(t);
    limited(server, '-@pubsub');
    const service = await createRedisService(t, server.port, as(server, 'broker'));

    const cookie = await service.login('ada');
    assert.equal((await service.fetch({ url: '/qlik-token', cookie })).statusCode, 200);
    assert.deepEqual(await readiness(service), [200, 'ok']);
    const [refused, ...more] = service.entries('store.messages_refused') as unknown as Away[];
    assert.match(refused?.err.message ?? '', /NOPERM/);
    assert.deepEqual(more, []);
    assert.equal(service.entries('store.away').length, 0);
  });

  test('a channel that is not ours is told of, too', async (t) => {
    const server = await redis(t);
    limited(server, 'resetchannels', '&other:*');
    const service = await createRedisService(t, server.port, as(server, 'broker'));
    assert.equal(service.entries('store.messages_refused').length, 1);
    assert.deepEqual(await readiness(service), [200, 'ok']);
  });

  test('one that says nothing of itself is served, and the log says that it could not be looked at', async (t) => {
    const server = await redis(t, ['--rename-command', 'INFO', '', '--rename-command', 'CONFIG', '']);
    const service = await createRedisService(t, server.port);
    assert.deepEqual(await readiness(service), [200, 'ok']);
    const [said, ...more] = service.entries('store.says_nothing') as unknown as Away[];
    assert.match(said?.err.message ?? '', /unknown command/i);
    assert.deepEqual(more, []);
    await service.login('ada');
  });

  test('without CONFIG, its eviction policy is known nevertheless', async (t) => {
    const server = await redis(t, ['--rename-command', 'CONFIG', '', '--maxmemory-policy', 'allkeys-lru']);
    const service = await createRedisService(t, server.port);
    assert.deepEqual(
      service.entries('store.may_evict').map(({ policy, level }) => [policy, level]),
      [['allkeys-lru', 40]],
    );
    assert.deepEqual(await readiness(service), [200, 'ok']);
  });

  test('a policy that evicts is seen with the next connection, too', async (t) => {
    const server = await redis(t);
    const service = await createRedisService(t, server.port);
    assert.equal(service.entries('store.may_evict').length, 0);
    server.cli('CONFIG', 'SET', 'maxmemory-policy', 'volatile-lru');
    server.cli('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await until(() => service.entries('store.may_evict').length === 1);
  });

  test('a replica takes nobody: 503 until it is a primary', async (t) => {
    const server = await redis(t);
    server.cli('REPLICAOF', '127.0.0.1', '1');
    const service = await createRedisService(t, server.port);
    await assertAwayFor(service, server, /READONLY/);

    server.cli('REPLICAOF', 'NO', 'ONE');
    await until(async () => (await readiness(service))[0] === 200);
  });

  test('one that is full is shown by /readyz with 200, and in the log: those who are signed in go on', async (t) => {
    const server = await redis(t);
    server.cli('CONFIG', 'SET', 'maxmemory', '1');
    const service = await createRedisService(t, server.port);

    assert.deepEqual(await readiness(service), [200, 'failing']);
    assertProblem(
      await service.fetch({ method: 'POST', url: '/login', payload: { user: 'ada' } }),
      503,
      'store_unavailable',
    );
    assert.deepEqual(await readiness(service), [200, 'failing']);
    const [full, ...more] = service.entries('store.away') as unknown as Away[];
    assert.match(full?.err.message ?? '', /^Redis: OOM command not allowed/);
    assert.deepEqual(more, []);

    server.cli('CONFIG', 'SET', 'maxmemory', '0');
    await until(async () => (await readiness(service))[1] === 'ok');
    assert.equal(server.cli('DBSIZE'), '0');
  });

  for (const [what, url, reason] of [
    ['a wrong password', `redis://:${PASSWORD}@`, /WRONGPASS/],
    ['no password', 'redis://', /NOAUTH/],
    ['a user that it does not have', `redis://broker:${PASSWORD}@`, /WRONGPASS/],
  ] as const) {
    test(`with requirepass, ${what} keeps nobody from starting; /readyz says 503`, async (t) => {
      const server = await redis(t, ['--requirepass', 'another'], ['-a', 'another', '--no-auth-warning']);
      const service = await createRedisService(t, server.port, {
        env: { REDIS_URL: `${url}127.0.0.1:${server.port}` },
      });
      await assertAwayFor(service, server, reason);
    });
  }

  test('with requirepass, the password alone is enough', async (t) => {
    const server = await redis(t, ['--requirepass', PASSWORD], ['-a', PASSWORD, '--no-auth-warning']);
    const service = await createRedisService(t, server.port, {
      env: { REDIS_URL: `redis://:${PASSWORD}@127.0.0.1:${server.port}` },
    });
    assert.deepEqual(await readiness(service), [200, 'ok']);
  });

  describe('and that will never do', () => {
    test('a cluster stops the start', async (t) => {
      const server = await redis(t, ['--cluster-enabled', 'yes']);
      await assertRefused(
        t,
        server,
        '',
        /^REDIS_URL: names a Redis that is a Redis Cluster, which is not supported: /,
      );

      // With all slots in one shard, many commands succeed.
      server.cli('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
      await until(() => server.cli('CLUSTER', 'INFO').includes('cluster_state:ok'));
      await assertRefused(t, server, '', /^REDIS_URL: names a Redis that is a Redis Cluster, /);
    });

    test('a database that it does not have stops the start, and no other one is used instead', async (t) => {
      const server = await redis(t, ['--databases', '1']);
      await assertRefused(t, server, '/3', /^REDIS_URL: names a Redis that has no database 3: /);
      assert.equal(server.cli('DBSIZE'), '0');
    });

    test('is told in the log when it is met later, and /readyz says 503', async (t) => {
      const port = await freePort();
      const service = await createRedisService(t, port, {
        env: { REDIS_URL: `redis://127.0.0.1:${port}/3` },
      });
      assert.deepEqual(await readiness(service), [503, 'failing']);
      const server = await startRedis(['--databases', '1'], { port });
      t.after(() => server.stop());

      await until(() => service.entries('store.still_away').length === 1);

      const [later] = service.entries('store.still_away') as unknown as Away[];
      assert.match(later?.err.message ?? '', /ERR DB index is out of range; it has no database 3/);
      assert.deepEqual(await readiness(service), [503, 'failing']);
      assert.equal(server.cli('DBSIZE'), '0');
      assert.equal(service.entries('store.still_away').length, 1);
    });

    /** The built service ends with 78 and this problem. */
    async function assertRefused(
      t: TestContext,
      server: RedisServer,
      database: string,
      problem: RegExp,
    ): Promise<void> {
      const sandbox = await createSandbox();
      t.after(() => sandbox.close());
      const child = runBuilt(t, 'dist/main.js', [], {
        ...(await testEnv(sandbox, await freePort())),
        REDIS_URL: `redis://127.0.0.1:${server.port}${database}`,
        STORE_KEY: Buffer.alloc(32, 7).toString('base64'),
      });
      assert.equal(await child.ended(), 78);
      const line = child
        .output()
        .split('\n')
        .find((one) => one.trim().startsWith('REDIS_URL'));
      assert.match(line?.trim() ?? child.output(), problem);
    }
  });
});
