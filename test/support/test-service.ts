import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { TestContext } from 'node:test';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { brokerConfig } from '../../src/config/broker-config.ts';
import { loadSettings } from '../../src/config/load.ts';
import { type BrokerEvent, createEvents } from '../../src/events.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { createEventLog } from '../../src/observability/event-log.ts';
import { createLog } from '../../src/observability/log.ts';
import { createSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { createService, type Service } from '../../src/service/service.ts';
import type { Leases } from '../../src/store/leases.ts';
import type { RecordStore } from '../../src/store/record-store.ts';
import { IMPERSONATION } from '../sandbox/tenant-client.ts';

export interface TestServiceOptions {
  /** Settings besides the usual ones, as in the environment; perhaps after what the sandbox says. */
  env?: Record<string, string> | ((sandbox: Sandbox) => Record<string, string>);
  clock?: Clock;
  random?: () => number;
  store?: RecordStore;
  leases?: Leases;
  sandbox?: SandboxOptions;
  /** A tenant that is there already, and stays; without it, the service has one of its own. */
  tenant?: Sandbox;
  /** Where it will listen, when that must be known before. */
  port?: number;
}

/** A service in this process, a sandbox tenant behind it, and what both wrote. Closed with the test. */
export interface TestService extends Service {
  readonly sandbox: Sandbox;
  readonly origin: string;
  /** What was logged, one JSON line each. */
  readonly logged: string[];
  /** The log's entries of this event. */
  entries(event: BrokerEvent['type']): Record<string, unknown>[];
  /** A request as the service's own page makes it by fetch. */
  fetch(options: InjectOptions & { cookie?: string | undefined }): Promise<LightMyRequestResponse>;
  /** Signs a demo user in; resolves to the `Cookie` header. */
  login(user: string): Promise<string>;
  /** How many tokens the tenant was asked for. */
  mints(): number;
}

export const SECRET_A = 'a'.repeat(40);
export const SECRET_B = 'b'.repeat(40);

/** The environment of a service in demo mode in front of a sandbox. */
export async function testEnv(sandbox: Sandbox, port: number): Promise<Record<string, string>> {
  return {
    PORT: String(port),
    ADMIN_PORT: String(await freePort()),
    PORTAL_AUTH: 'demo',
    QLIK_TENANT_URL: sandbox.url,
    QLIK_CLIENT_ID: sandbox.impersonationClient.clientId,
    QLIK_CLIENT_SECRET: sandbox.impersonationClient.clientSecret,
    SESSION_SECRET: SECRET_A,
    LOG_LEVEL: 'trace',
    // The cache has its places made at the start.
    TOKEN_CACHE_MAX: '1000',
  };
}

export async function createTestService(
  t: TestContext,
  options: TestServiceOptions = {},
): Promise<TestService> {
  const port = options.port ?? (await freePort());
  const origin = `http://localhost:${port}`;
  const clock = options.clock ?? systemClock;
  const sandbox =
    options.tenant ?? (await createSandbox({ allowedOrigins: [origin], now: clock.now, ...options.sandbox }));
  if (!options.tenant) t.after(() => sandbox.close());
  const logged: string[] = [];
  const more = typeof options.env === 'function' ? options.env(sandbox) : options.env;
  const env = { ...(await testEnv(sandbox, port)), ...more };
  const { settings } = loadSettings({ env, readFile: (path) => readFileSync(path, 'utf8') });
  const config = brokerConfig(settings);
  const events = createEvents();
  const log = createLog(config.logLevel, { write: (line) => logged.push(line) });
  events.subscribe(createEventLog({ log, now: clock.now, ownOrigin: config.publicUrl.origin }));
  const service = await createService({
    config,
    events,
    clock,
    ...(options.random && { random: options.random }),
    ...(options.store && { store: options.store }),
    ...(options.leases && { leases: options.leases }),
    checkAnswers: true,
  });
  t.after(() => service.close());

  const fetch: TestService['fetch'] = ({ cookie, headers, ...request }) =>
    service.app.inject({
      ...request,
      headers: { host: `localhost:${port}`, 'x-csrf': '1', ...(cookie && { cookie }), ...headers },
    }) as Promise<LightMyRequestResponse>;

  return {
    ...service,
    sandbox,
    origin,
    logged,
    entries: (event) => logged.map((line) => JSON.parse(line)).filter((line) => line.event === event),
    fetch,
    async login(user) {
      const response = await fetch({ method: 'POST', url: '/login', payload: { user } });
      return cookieOf(response);
    },
    mints: () => sandbox.calls.count({ grantType: IMPERSONATION }),
  };
}

/** The `Cookie` header that a browser would send after this answer. */
export function cookieOf(response: LightMyRequestResponse): string {
  const cookies = [response.headers['set-cookie'] ?? []].flat();
  return cookies.map((cookie) => cookie.split(';', 1)[0]).join('; ');
}

const given = new Set<number>();

/** A port of the loopback interface on which nobody listens, another one each time. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await unusedPort();
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}

function unusedPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
