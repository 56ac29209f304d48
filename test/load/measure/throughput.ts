import { redisMissing, startRedis } from '../../support/redis-server.ts';
import { idleLoad } from './cores.ts';
import { type LoadResult, load } from './http-load.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { startService } from './service.ts';
import { login } from './sign-in.ts';
import { median, spread } from './statistics.ts';
import { type BenchTenant, createBenchTenant } from './tenant.ts';
import { IncomparableError } from './trouble.ts';

/** One server under load: medians of all rounds. */
export interface Row {
  readonly name: string;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Time on the processor for a request, in microseconds; undefined where /proc does not say. */
  readonly processorMicros: number | undefined;
  /** Of the bare Fastify route, of the one that logs, of the conventional stack: medians of the rounds' `ratios`. */
  readonly ofFastify: number;
  readonly ofFastifyLogged: number;
  readonly ofConventional: number;
  /** Requests a second of each round. */
  readonly rounds: readonly number[];
}

export interface ThroughputOptions {
  readonly rounds: number;
  /** Not measured: until the last of the code is compiled, and the more code, the longer that takes. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Signed in, one for each connection. */
  readonly users: number;
  readonly report: (progress: string) => void;
}

export interface Throughput {
  readonly rows: readonly Row[];
  /** Why the figures are not to be relied on, if so. */
  readonly doubt: string | undefined;
}

interface Contender {
  readonly name: string;
  readonly start: () => Promise<Running>;
  readonly results: Round[];
}

interface Running {
  readonly server: ServerProcess;
  readonly cookies: readonly string[];
}

interface Round extends LoadResult {
  readonly processorMs: number | undefined;
}

const OURS = '/qlik-token, warm';
const WITH_REDIS = '/qlik-token, warm, with Redis';
const BARE = 'bare Fastify route';
const LOGGED = 'bare Fastify route, our log line';
const CONVENTIONAL = '@fastify/session, defaults';
const TENANT_DISTANCE_MS = 50;
/** How busy the machine may be before a round, and how far the middle half of the rounds' ratios may lie apart. */
const MAX_IDLE_LOAD = 0.15;
const MAX_SPREAD = 0.15;

/**
 * Puts the same load on each server in turn, again and again, so that what else happens on the machine meets them all.
 * Every second round goes backwards. Each round starts each server anew: two processes of one program can differ by a
 * tenth, by how their memory lies and what was compiled when. Throws an `IncomparableError` when an answer was not 2xx or
 * did not come.
 */
export async function measureThroughput(options: ThroughputOptions): Promise<Throughput> {
  const { rounds, users, report } = options;
  const near = await createBenchTenant(0);
  const far = await createBenchTenant(TENANT_DISTANCE_MS);
  const noRedis = redisMissing();
  if (noRedis) report(`${WITH_REDIS} is left out: ${noRedis}`);
  const redis = noRedis ? undefined : await startRedis();
  try {
    const contenders = line(near, far, users, redis && `redis://127.0.0.1:${redis.port}`);
    const idle: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      idle.push(await idleLoad(500));
      for (const contender of round % 2 === 1 ? contenders : contenders.toReversed()) {
        report(`round ${round} of ${rounds}: ${contender.name}`);
        contender.results.push(await oneRound(contender, options));
      }
    }
    return { rows: toRows(contenders), doubt: doubtAbout(contenders, idle) };
  } finally {
    await Promise.all([near.close(), far.close(), redis?.stop()]);
  }
}

function line(near: BenchTenant, far: BenchTenant, users: number, redisUrl?: string): Contender[] {
  function standIn(name: string, file: string, withSessions = false): Contender {
    async function start(): Promise<Running> {
      const server = await startServer({
        args: [`test/load/servers/${file}`],
        env: () => ({ TENANT_URL: far.url }),
        healthPath: withSessions ? '/livez' : '/qlik-token',
      });
      const names = Array.from({ length: users }, (_, user) => `user-${user}`);
      const cookies = withSessions
        ? await Promise.all(names.map((user) => login(server.url, user)))
        : names.map(cookieAsLong);
      return { server, cookies };
    }
    return { name, start, results: [] };
  }

  function ours(name: string, options: { readonly redisUrl?: string } = {}): Contender {
    async function start(): Promise<Running> {
      const service = await startService({ tenant: near, users, ...options });
      return { server: service, cookies: await service.login(users) };
    }
    return { name, start, results: [] };
  }

  return [
    standIn('bare node:http', 'node-http.mjs'),
    standIn(BARE, 'fastify.mjs'),
    standIn(LOGGED, 'fastify-logged.mjs'),
    ours(OURS),
    ...(redisUrl === undefined ? [] : [ours(WITH_REDIS, { redisUrl })]),
    standIn(CONVENTIONAL, 'fastify-session.mjs', true),
    standIn('Express, no token cache', 'express-session.mjs', true),
  ];
}

/** For those who read none: as long as the service's, so that they receive as much. */
function cookieAsLong(user: string): string {
  return `qlik_token_broker=${user.padEnd(76, '0')}`;
}

async function oneRound({ start }: Contender, { warmUpSeconds, seconds }: ThroughputOptions): Promise<Round> {
  const { server, cookies } = await start();
  try {
    const target = { url: `${server.url}/qlik-token`, cookies };
    await load({ ...target, seconds: warmUpSeconds });
    const before = server.processorMs();
    const result = await load({ ...target, seconds });
    const after = server.processorMs();
    return {
      ...result,
      processorMs: before === undefined || after === undefined ? undefined : after - before,
    };
  } finally {
    await server.stop();
  }
}

function toRows(contenders: readonly Contender[]): Row[] {
  return contenders.map(({ name, results }) => {
    const rounds = results.map((result) => result.perSecond);
    const ratioTo = (other: string) => median(ratios(contenders, name, other));
    return {
      name,
      perSecond: median(rounds),
      p50Ms: median(results.map((result) => result.p50Ms)),
      p99Ms: median(results.map((result) => result.p99Ms)),
      processorMicros: processorMicros(results),
      ofFastify: ratioTo(BARE),
      ofFastifyLogged: ratioTo(LOGGED),
      ofConventional: ratioTo(CONVENTIONAL),
      rounds,
    };
  });
}

/**
 * In each round, how much less one costs than the other: in time on the processor, which does not depend on whether the
 * load was enough; in requests a second where /proc does not say.
 */
function ratios(contenders: readonly Contender[], name: string, other: string): number[] {
  const [mine = [], others = []] = [name, other].map((wanted) =>
    contenders.find((contender) => contender.name === wanted)?.results.map(costOf),
  );
  return mine.map((cost, round) => (others[round] as number) / cost);
}

function costOf({ processorMs, answers, perSecond }: Round): number {
  return processorMs === undefined ? 1_000 / perSecond : processorMs / answers;
}

function processorMicros(results: readonly Round[]): number | undefined {
  const each = results.map(({ processorMs, answers }) => ((processorMs ?? Number.NaN) * 1_000) / answers);
  return each.some(Number.isNaN) ? undefined : median(each);
}

function doubtAbout(contenders: readonly Contender[], idle: readonly number[]): string | undefined {
  for (const { name, results } of contenders) {
    const failures = results.reduce((sum, result) => sum + result.failures, 0);
    if (failures > 0)
      throw new IncomparableError(`${name}: ${failures} answers were not 2xx or did not come`);
  }
  const busy = Math.max(...idle);
  if (busy > MAX_IDLE_LOAD)
    return `something else kept a core ${Math.round(busy * 100)} % busy between the rounds`;
  const apart = spread(ratios(contenders, OURS, LOGGED));
  if (apart > MAX_SPREAD)
    return `${OURS}: the middle half of its rounds lies ${Math.round(apart * 100)} % apart`;
  return undefined;
}
