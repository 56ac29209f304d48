import { load, pageHeaders, type Until } from './http-load.ts';
import { type BenchService, startService } from './service.ts';
import { median } from './statistics.ts';
import { type BenchTenant, createBenchTenant } from './tenant.ts';

/** Users whose token is held, while the tenant answers and while it hangs with others waiting for it. */
export interface WarmWhileHanging {
  readonly normalP99Ms: number;
  readonly hangingP99Ms: number;
  /** The median of the rounds' ratios. */
  readonly ratio: number;
  readonly rounds: readonly number[];
}

export interface Stampede {
  readonly requests: number;
  readonly tenantCalls: number;
}

export interface TenantTroubleOptions {
  readonly rounds: number;
  /** For how long the warm users are timed, in each case. */
  readonly until: Until;
  readonly users: number;
  readonly report: (progress: string) => void;
}

/** Users who wait for the tenant while the others are timed. */
const COLD_USERS = 32;
const STAMPEDE_REQUESTS = 500;
/** So far the machine is used, as a service with room to spare would be. */
const LOAD_SHARE = 0.5;

/** Throws when somebody was not answered as they should be: then the figures mean nothing. */
export async function measureTenantTrouble(
  options: TenantTroubleOptions,
): Promise<{ warmWhileHanging: WarmWhileHanging; stampede: Stampede }> {
  const tenant = await createBenchTenant(0);
  const service = await startService({ tenant, users: options.users + COLD_USERS * options.rounds + 1 });
  try {
    options.report('cold stampede');
    const stampede = await measureStampede(service, tenant);
    return { stampede, warmWhileHanging: await measureHanging(service, tenant, options) };
  } finally {
    await service.stop();
    await tenant.close();
  }
}

/** Many requests at once for a user whose token nobody holds. */
async function measureStampede(service: BenchService, tenant: BenchTenant): Promise<Stampede> {
  const [cookie = ''] = await service.login(1);
  const before = tenant.calls;
  const statuses = await Promise.all(Array.from({ length: STAMPEDE_REQUESTS }, () => ask(service, cookie)));
  requireAnswers(statuses);
  return { requests: STAMPEDE_REQUESTS, tenantCalls: tenant.calls - before };
}

async function measureHanging(
  service: BenchService,
  tenant: BenchTenant,
  { rounds, until, users, report }: TenantTroubleOptions,
): Promise<WarmWhileHanging> {
  const warm = await service.login(users);
  const url = `${service.url}/qlik-token`;
  report('warming up');
  const { perSecond } = await load({ url, cookies: warm, until });
  const rate = Math.round(perSecond * LOAD_SHARE);
  const normal: number[] = [];
  const hanging: number[] = [];

  for (let round = 1; round <= rounds; round += 1) {
    report(`round ${round} of ${rounds}: warm users while the tenant answers, then while it hangs`);
    normal.push(await p99(url, warm, until, rate));
    tenant.hang();
    const cold = await service.login(COLD_USERS);
    const answers = cold.map((cookie) => ask(service, cookie));
    hanging.push(await p99(url, warm, until, rate));
    if (tenant.hanging === 0) throw new Error('nobody waited for the tenant that hung');
    tenant.release();
    requireAnswers(await Promise.all(answers));
  }

  const ratios = hanging.map((value, round) => value / (normal[round] as number));
  return {
    normalP99Ms: median(normal),
    hangingP99Ms: median(hanging),
    ratio: median(ratios),
    rounds: ratios,
  };
}

async function p99(url: string, cookies: readonly string[], until: Until, rate: number): Promise<number> {
  const { p99Ms, failures } = await load({ url, cookies, until, rate });
  if (failures > 0) throw new Error(`${failures} warm users were not answered with 2xx`);
  return p99Ms;
}

async function ask(service: BenchService, cookie: string): Promise<number> {
  const response = await fetch(`${service.url}/qlik-token`, { headers: { ...pageHeaders, cookie } });
  await response.arrayBuffer();
  return response.status;
}

function requireAnswers(statuses: readonly number[]): void {
  const refused = statuses.filter((status) => status !== 200);
  if (refused.length > 0) throw new Error(`cold users were answered with ${[...new Set(refused)]}`);
}
