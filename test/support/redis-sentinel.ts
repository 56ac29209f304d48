import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type RedisServer, type RedisServerOptions, startRedis } from './redis-server.ts';
import { until } from './until.ts';

/** A primary, a replica of it, and the Sentinel that watches them. */
export interface WatchedRedis {
  /** The one that began as the primary. */
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  readonly sentinel: RedisServer;
  /** What the service needs to know of them. */
  readonly env: {
    readonly REDIS_URL: string;
    readonly REDIS_SENTINELS: string;
    readonly REDIS_SENTINEL_NAME: string;
  };
  /** How long a primary may say nothing; 500 ms at first. */
  tolerate(ms: number): void;
  /** Resolves when this one is the primary, and the other follows it and has all that it has. */
  leads(primary: RedisServer): Promise<void>;
}

/** Starts them with these arguments besides the usual ones; ended with the test. */
export async function startWatchedRedis(t: TestContext, args: readonly string[] = []): Promise<WatchedRedis> {
  const auth = [
    '--requirepass',
    'secret',
    '--masterauth',
    'secret',
    '--repl-diskless-sync-delay',
    '0',
    ...args,
  ];
  const cliArgs = ['--no-auth-warning', '-a', 'secret'];
  const primary = await stopped(t, auth, { cliArgs });
  const replica = await stopped(t, auth, { cliArgs });
  replica.cli('REPLICAOF', '127.0.0.1', String(primary.port));
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

  return {
    primary,
    replica,
    sentinel,
    env: {
      REDIS_URL: 'redis://:secret@anywhere',
      REDIS_SENTINELS: `127.0.0.1:${sentinel.port}`,
      REDIS_SENTINEL_NAME: 'main',
    },
    tolerate(ms) {
      sentinel.cli('SENTINEL', 'SET', 'main', 'down-after-milliseconds', String(ms));
    },
    async leads(leader) {
      const follower = leader === primary ? replica : primary;
      await until(async () => {
        await setTimeout(100);
        return (
          leader.cli('ROLE').startsWith('master') &&
          follower.cli('ROLE').startsWith(`slave\n127.0.0.1\n${leader.port}\nconnected\n`) &&
          leader.cli('WAIT', '1', '100') === '1'
        );
      });
    },
  };
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
