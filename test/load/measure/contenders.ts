import { type RedisServer, redisMissing, startRedis } from '../../support/redis-server.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { startService } from './service.ts';
import { login } from './sign-in.ts';
import { createBenchTenant } from './tenant.ts';

/** A server that is compared with others. */
export interface Contender {
  readonly name: string;
  /** So many answers, and its code is compiled and its memory has its size. */
  readonly warmUpAnswers: number;
  /** A fresh process of it, with users signed in. */
  start(): Promise<Running>;
}

export interface Running {
  readonly server: ServerProcess;
  /** `Cookie` headers of those who are signed in. */
  readonly cookies: readonly string[];
}

export interface LineOptions {
  /** Signed in, one for each connection. */
  readonly users: number;
  readonly warmUpAnswers: number;
  /** The folder of another checkout: its service is compared with this one's, instead of with other people's stacks. */
  readonly against?: string | undefined;
  readonly report: (progress: string) => void;
}

export const OURS = '`/qlik-token`, warm';
export const WITH_REDIS = '`/qlik-token`, warm, with Redis';
export const BARE = 'bare Fastify route';
export const LOGGED = 'bare Fastify route, our log line';
export const CONVENTIONAL = '@fastify/session, defaults';
const TENANT_DISTANCE_MS = 50;
/** Of the stack that waits for the tenant each time; its code is compiled long before. */
const SLOW_WARM_UP = 0.05;

/**
 * A young generation of full size from the start, for all. By itself V8 makes it larger as it sees fit, and smaller again
 * while a server waits for its turn: then answers would be measured that pay for fresh pages of memory.
 */
const nodeArgs = ['--min-semi-space-size=16', '--max-semi-space-size=16'];

/** What a row of the other checkout is called. */
export function before(name: string): string {
  return `${name}, before`;
}

/** All servers that are compared, with the tenants and the Redis that they need. */
export async function createLine({ users, warmUpAnswers, against, report }: LineOptions): Promise<{
  contenders: readonly Contender[];
  close(): Promise<void>;
}> {
  const near = await createBenchTenant(0);
  const far = await createBenchTenant(TENANT_DISTANCE_MS);
  const redises: RedisServer[] = [];
  const noRedis = redisMissing();
  if (noRedis) report(`${WITH_REDIS} is left out: ${noRedis}`);

  function standIn(name: string, file: string, withSessions = false): Contender {
    async function start(): Promise<Running> {
      const server = await startServer({
        args: [...nodeArgs, `test/load/servers/${file}`],
        env: () => ({ TENANT_URL: far.url }),
        healthPath: withSessions ? '/livez' : '/qlik-token',
      });
      const names = Array.from({ length: users }, (_, user) => `user-${user}`);
      const cookies = withSessions
        ? await Promise.all(names.map((user) => login(server.url, user)))
        : names.map(cookieAsLong);
      return { server, cookies };
    }
    return { name, warmUpAnswers, start };
  }

  function service(name: string, checkout?: string, redisUrl?: string): Contender {
    async function start(): Promise<Running> {
      const server = await startService({ tenant: near, users, nodeArgs, checkout, redisUrl });
      return { server, cookies: await server.login(users) };
    }
    return { name, warmUpAnswers, start };
  }

  async function services(checkout?: string): Promise<Contender[]> {
    const nameOf = checkout === undefined ? (name: string) => name : before;
    const inMemory = service(nameOf(OURS), checkout);
    if (noRedis) return [inMemory];
    const redis = await startRedis();
    redises.push(redis);
    return [inMemory, service(nameOf(WITH_REDIS), checkout, `redis://127.0.0.1:${redis.port}`)];
  }

  const fastify = [standIn(BARE, 'fastify.mjs'), standIn(LOGGED, 'fastify-logged.mjs')];
  const express = standIn('Express, no token cache', 'express-session.mjs', true);
  const contenders =
    against === undefined
      ? [
          standIn('bare node:http', 'node-http.mjs'),
          ...fastify,
          ...(await services()),
          standIn(CONVENTIONAL, 'fastify-session.mjs', true),
          { ...express, warmUpAnswers: warmUpAnswers * SLOW_WARM_UP },
        ]
      : [...fastify, ...(await services()), ...(await services(against))];

  return {
    contenders,
    async close() {
      await Promise.all([near.close(), far.close(), ...redises.map((redis) => redis.stop())]);
    },
  };
}

/** For those who read none: as long as the service's, so that they receive as much. */
function cookieAsLong(user: string): string {
  return `qlik_token_broker=${user.padEnd(76, '0')}`;
}
