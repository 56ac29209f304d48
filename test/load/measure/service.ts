import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../src/demo/free-port.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { login } from './sign-in.ts';
import type { BenchTenant } from './tenant.ts';

/** The built service in front of a tenant, with limits that the load does not meet. It is told all by its environment. */
export interface BenchService extends ServerProcess {
  /** Takes that many users who were not taken before. */
  absent(count: number): string[];
  /** Signs that many users in who were not taken before; resolves to their `Cookie` headers. */
  login(count: number): Promise<string[]>;
  /** Signs one user in; resolves to the `Cookie` header. */
  loginAs(user: string): Promise<string>;
}

export interface BenchServiceOptions {
  readonly tenant: BenchTenant;
  /** How many users there are to sign in. */
  readonly users: number;
  readonly nodeArgs?: readonly string[];
  /** The folder of another checkout than this one, which is built there. */
  readonly checkout?: string | undefined;
  /** Where replicas share their state; without it, in memory. */
  readonly redisUrl?: string | undefined;
}

export async function startService({
  tenant,
  users,
  nodeArgs = [],
  checkout,
  redisUrl,
}: BenchServiceOptions): Promise<BenchService> {
  const folder = mkdtempSync(join(tmpdir(), 'qlik-token-broker-'));
  const usersFile = join(folder, 'users.json');
  const everybody = Array.from({ length: users }, (_, number) => portalUser(number));
  writeFileSync(usersFile, JSON.stringify(everybody));

  const adminPort = await freePort(0, '127.0.0.1');
  const server = await startServer({
    args: [...nodeArgs, 'dist/main.js'],
    checkout,
    env: (origin) => ({
      ADMIN_PORT: String(adminPort),
      PUBLIC_URL: origin,
      PORTAL_AUTH: 'demo',
      DEMO_USERS: usersFile,
      QLIK_TENANT_URL: tenant.url,
      QLIK_CLIENT_ID: '5a9d0c3e7b1f42868e0d6c5b4a392817',
      QLIK_CLIENT_SECRET: randomBytes(32).toString('hex'),
      SESSION_SECRET: randomBytes(32).toString('hex'),
      TENANT_BUDGET: '1000000/min',
      RATE_LIMIT_TOKEN: '1000000/s',
      ...(redisUrl !== undefined && { REDIS_URL: redisUrl, STORE_KEY: randomBytes(32).toString('base64') }),
    }),
    healthPath: '/livez',
  });
  let taken = 0;

  function absent(count: number): string[] {
    taken += count;
    return everybody.slice(taken - count, taken).map(({ id }) => id);
  }

  return {
    ...server,
    absent,
    async login(count) {
      const cookies: string[] = [];
      for (const user of absent(count)) cookies.push(await login(server.url, user));
      return cookies;
    },
    loginAs: (user) => login(server.url, user),
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

function portalUser(number: number): { id: string; name: string; email: string; groups: string[] } {
  return {
    id: `auth0|${number.toString(16).padStart(24, '0')}`,
    name: `User ${number}`,
    email: `user-${number}@example.com`,
    groups: ['EMEA Sales', 'Americas Sales'],
  };
}
