import { parseArgs } from 'node:util';
import { moveToLoadCore } from './measure/cores.ts';
import { CONNECTIONS, load } from './measure/http-load.ts';
import { type BenchService, startService } from './measure/service.ts';
import { median } from './measure/statistics.ts';
import { createBenchTenant } from './measure/tenant.ts';
import { createVisitors } from './measure/visitors.ts';

/**
 * `npm run soak [-- --minutes <minutes>]`: the built service at half of what it can, for ten minutes, while 2,000 users
 * sign in, ask for tokens and sign out again. Prints what it found at intervals. Exit code 1 when an answer was lost,
 * when memory grew, or when the machine could not keep up that load.
 */
const VISITORS = 2_000;
const INTERVALS = 20;
/** From the second third of the run to the last one; the first is for warming up. */
const MAX_GROWTH = 0.15;
/** Of the load, in most intervals. */
const MIN_LOAD = 0.9;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const intervalSeconds = (Number(values.minutes) * 60) / INTERVALS;
if (!(intervalSeconds > 0)) throw new Error('--minutes: a number above 0');

moveToLoadCore();
const tenant = await createBenchTenant(5);
const service = await startService({ tenant, users: CONNECTIONS + VISITORS });
try {
  const { lost, memory, reached } = await soak(service);
  const growth = growthOf(memory);
  print(
    `memory grew by ${(growth * 100).toFixed(1)} % (at most ${MAX_GROWTH * 100} %), ${lost} answers lost, the load was ${Math.round(reached * 100)} % of half`,
  );
  if (lost > 0 || growth > MAX_GROWTH || reached < MIN_LOAD) process.exitCode = 1;
} finally {
  await service.stop();
  await tenant.close();
}

async function soak(target: BenchService): Promise<{ lost: number; memory: number[]; reached: number }> {
  const url = `${target.url}/qlik-token`;
  const cookies = await target.login(CONNECTIONS);
  const { perSecond } = await load({ url, cookies, until: { seconds: 5 } });
  const rate = Math.round(perSecond / 2);
  print(`${Math.round(perSecond)} requests a second at most; from now on ${rate}`);

  const visitors = createVisitors(target, VISITORS);
  const memory: number[] = [];
  const rates: number[] = [];
  let failures = 0;
  for (let interval = 1; interval <= INTERVALS; interval += 1) {
    const result = await load({ url, cookies, until: { seconds: intervalSeconds }, rate });
    failures += result.failures;
    memory.push(target.memory() ?? 0);
    rates.push(result.perSecond);
    print(
      [
        `${((interval * intervalSeconds) / 60).toFixed(1)} min`,
        `${Math.round((memory.at(-1) as number) / 2 ** 20)} MiB`,
        `${Math.round(result.perSecond)}/s`,
        `p99 ${result.p99Ms.toFixed(1)} ms`,
        `${visitors.visits} visits`,
        `${failures + visitors.lost} lost`,
      ].join('  '),
    );
  }
  await visitors.leave();
  return { lost: failures + visitors.lost, memory, reached: median(rates) / rate };
}

function growthOf(memory: readonly number[]): number {
  const third = Math.floor(memory.length / 3);
  const middle = median(memory.slice(third, 2 * third));
  return middle === 0 ? 0 : median(memory.slice(-third)) / middle - 1;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
