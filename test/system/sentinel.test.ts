import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { assertKept } from '../session/browser.ts';
import {
  type RedisServer,
  type RedisServerOptions,
  redisMissing,
  startRedis,
} from '../support/redis-server.ts';
import { createRedisService } from '../support/redis-service.ts';
import { freePort } from '../support/test-service.ts';
import { until } from '../support/until.ts';

describe('given a primary, a replica and a Sentinel', { skip: redisMissing() }, () => {
  for (const [what, failOver] of [
    ['the primary dies', ({ primary }: Cluster) => primary.kill()],
    ['the primary hangs', async ({ primary }: Cluster) => primary.process.kill('SIGSTOP')],
    [
      'the Sentinel is told to change',
      async ({ sentinel }: Cluster) => sentinel.cli('SENTINEL', 'FAILOVER', 'main'),
    ],
  ] as const) {
    test(`when ${what}, those who are signed in stay it, and a sign-out stays one`, async (t) => {
      const cluster = await start(t);
      const service = await createRedisService(t, 1, {
        env: {
          REDIS_URL: 'redis://:secret@anywhere',
          REDIS_SENTINELS: `127.0.0.1:${await freePort()},127.0.0.1:${cluster.sentinel.port}`,
          REDIS_SENTINEL_NAME: 'main',
        },
      });
      const [cookie, ended] = [await service.signIn('ada'), await service.signIn('bruno')];
      assert.equal((await service.fetch({ url: '/qlik-token', cookie })).statusCode, 200);
      await service.fetch({ method: 'POST', url: '/logout', cookie: ended });
      await until(() => cluster.primary.cli('WAIT', '1', '1000') === '1');

      await failOver(cluster);

      const seen = new Set<number>();
      await until(async () => {
        const begun = performance.now();
        const answer = await service.fetch({ url: '/qlik-token', cookie });
        assert.ok(performance.now() - begun < 1_500);
        assertKept(answer);
        seen.add(answer.statusCode);
        return answer.statusCode === 200 && cluster.replica.cli('ROLE').startsWith('master');
      });
      assert.deepEqual(
        [...seen].filter((status) => status !== 200 && status !== 503),
        [],
      );
      await until(async () => (await service.fetch({ url: '/qlik-token', cookie })).statusCode === 200);
      assert.equal((await service.fetch({ url: '/session', cookie: ended })).statusCode, 401);
      assert.ok(cluster.replica.cli('CLIENT', 'LIST').split('\n').length >= 2, 'the service is elsewhere');
      await service.signIn('bruno');
    });
  }
});

interface Cluster {
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  readonly sentinel: RedisServer;
}

async function start(t: TestContext): Promise<Cluster> {
  const auth = ['--requirepass', 'secret', '--masterauth', 'secret', '--repl-diskless-sync-delay', '0'];
  const cliArgs = ['--no-auth-warning', '-a', 'secret'];
  const primary = await stopped(t, auth, { cliArgs });
  const replica = await stopped(t, [...auth, '--replicaof', '127.0.0.1', String(primary.port)], { cliArgs });
  await until(() => replica.cli('INFO', 'replication').includes('master_link_status:up'));
  const configuration = [
    `sentinel monitor main 127.0.0.1 ${primary.port} 1`,
    'sentinel auth-pass main secret',
    'sentinel down-after-milliseconds main 500',
    'sentinel failover-timeout main 3000',
    '',
  ].join('\n');
  const sentinel = await stopped(t, ['--sentinel'], { configuration });
  await until(() => sentinel.cli('SENTINEL', 'REPLICAS', 'main').includes(String(replica.port)));
  return { primary, replica, sentinel };
}

async function stopped(
  t: TestContext,
  args: readonly string[],
  options: RedisServerOptions,
): Promise<RedisServer> {
  const server = await startRedis(args, options);
  t.after(() => server.stop());
  return server;
}
