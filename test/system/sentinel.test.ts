import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertKept } from '../session/browser.ts';
import { ownTimeOf } from '../support/own-time.ts';
import { startWatchedRedis, type WatchedRedis } from '../support/redis-sentinel.ts';
import { redisMissing } from '../support/redis-server.ts';
import { createRedisService } from '../support/redis-service.ts';
import { freePort } from '../support/test-service.ts';
import { until } from '../support/until.ts';

describe('given a primary, a replica and a Sentinel', { skip: redisMissing() }, () => {
  for (const [what, failOver] of [
    ['the primary dies', ({ primary }: WatchedRedis) => primary.kill()],
    ['the primary hangs', async ({ primary }: WatchedRedis) => primary.process.kill('SIGSTOP')],
    [
      'the Sentinel is told to change',
      async ({ sentinel }: WatchedRedis) => sentinel.cli('SENTINEL', 'FAILOVER', 'main'),
    ],
  ] as const) {
    test(`when ${what}, those who are signed in stay it, and a sign-out stays one`, async (t) => {
      const cluster = await startWatchedRedis(t);
      const service = await createRedisService(t, 1, {
        env: {
          ...cluster.env,
          REDIS_SENTINELS: `127.0.0.1:${await freePort()},${cluster.env.REDIS_SENTINELS}`,
        },
      });
      const [cookie, ended] = [await service.login('ada'), await service.login('bruno')];
      assert.equal((await service.fetch({ url: '/qlik-token', cookie })).statusCode, 200);
      await service.fetch({ method: 'POST', url: '/logout', cookie: ended });
      await until(() => cluster.primary.cli('WAIT', '1', '1000') === '1');

      await failOver(cluster);

      const seen = new Set<number>();
      await until(async () => {
        const { result: answer, ownMs } = await ownTimeOf(() =>
          service.fetch({ url: '/qlik-token', cookie }),
        );
        assert.ok(ownMs < 1_500, `${ownMs} ms`);
        assertKept(answer);
        seen.add(answer.statusCode);
        return answer.statusCode === 200 && cluster.replica.cli('ROLE').startsWith('master');
      });
      assert.deepEqual(
        [...seen].filter((status) => status !== 200 && status !== 503),
        [],
      );
      // One that is told to change serves on for a moment.
      await until(async () => {
        const { statusCode } = await service.fetch({ url: '/qlik-token', cookie });
        return statusCode === 200 && / cmd=eval/.test(cluster.replica.cli('CLIENT', 'LIST'));
      });
      assert.equal((await service.fetch({ url: '/session', cookie: ended })).statusCode, 401);
      await service.login('bruno');
    });
  }
});
