import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compare, doubtsAbout, failuresOf } from './measure/comparison.ts';
import { canPin, moveToLoadCore } from './measure/cores.ts';
import { measureHeap } from './measure/heap.ts';
import { CONNECTIONS, type Until } from './measure/http-load.ts';
import { type Findings, toMarkdown } from './measure/report.ts';
import { measureStartAndIdle } from './measure/start-and-idle.ts';
import { measureTenantTrouble } from './measure/tenant-trouble.ts';
import { measureThroughput } from './measure/throughput.ts';
import { hasWrk } from './measure/wrk.ts';

/**
 * `npm run bench [-- --quick] [--against <checkout>] [--json <file>]`: docs/performance.md says what it measures. It
 * always prints the figures; when they are not to be relied on it says why, and ends with exit code 1. `--smoke`, for the
 * tests, does all of it as briefly as possible and doubts nothing but answers that failed.
 */
interface Plan {
  readonly rounds: number;
  readonly warmUpAnswers: number;
  readonly windows: number;
  readonly window: Until;
  readonly witnessSeconds: number;
  readonly trouble: { readonly rounds: number; readonly until: Until };
  /** Numbers of users. */
  readonly heap: readonly number[];
  readonly starts: number;
  readonly settleMs: number;
}

const full: Plan = {
  rounds: 10,
  warmUpAnswers: 40_000,
  windows: 4,
  window: { seconds: 0.5 },
  witnessSeconds: 1,
  trouble: { rounds: 7, until: { seconds: 2 } },
  heap: [100_000, 1_000_000],
  starts: 10,
  settleMs: 1_500,
};
const quick: Plan = {
  ...full,
  rounds: 2,
  warmUpAnswers: 20_000,
  trouble: { rounds: 2, until: { seconds: 1.5 } },
  heap: [20_000],
  starts: 2,
};
const smoke: Plan = {
  rounds: 1,
  warmUpAnswers: CONNECTIONS,
  windows: 1,
  window: { answers: 4 * CONNECTIONS },
  witnessSeconds: 0.2,
  trouble: { rounds: 1, until: { answers: 4 * CONNECTIONS } },
  heap: [20_000],
  starts: 1,
  settleMs: 0,
};

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    smoke: { type: 'boolean' },
    against: { type: 'string' },
    json: { type: 'string' },
  },
});
const plan = values.smoke ? smoke : values.quick ? quick : full;
const against = values.against === undefined ? undefined : resolve(values.against);
if (against !== undefined && !existsSync(`${against}/dist/main.js`))
  throw new Error(`--against: ${against} is not built; run \`npm run build\` there`);
const checkouts = against === undefined ? [undefined] : [undefined, against];
const doubts: string[] = [];

function report(progress: string): void {
  process.stderr.write(`${progress}\n`);
}

/** What fails is a doubt, and takes nothing from what was measured before it. */
async function attempt<T>(what: string, measure: () => Promise<T>): Promise<T | undefined> {
  try {
    return await measure();
  } catch (error) {
    doubts.push(`${what}: ${(error as Error).message}`);
    return undefined;
  }
}

moveToLoadCore();
report(canPin ? 'server on one core, load on another' : 'no cores of their own for server and load');
const users = CONNECTIONS;
const throughput = await measureThroughput({ ...plan, users, against, report });
const rows = compare(throughput);
doubts.push(...failuresOf(throughput), ...(values.smoke ? [] : doubtsAbout(throughput, rows)));
const trouble = await attempt('tenant in trouble', () =>
  measureTenantTrouble({ ...plan.trouble, users, report }),
);
report('start and idle memory');
const startAndIdle = await attempt('start', () => measureStartAndIdle(checkouts, plan.starts, plan.settleMs));
report('heap per user');
const heap = await attempt('heap', () =>
  Promise.all(
    checkouts.map(async (checkout) => {
      const each = [];
      for (const count of plan.heap) each.push(await measureHeap(count, checkout));
      return each;
    }),
  ),
);

const findings: Findings = {
  node: process.version,
  against,
  doubts,
  hasWrk,
  throughput: rows,
  ...trouble,
  heap: heap ?? [],
  startAndIdle: startAndIdle ?? [],
};
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(findings, undefined, 2)}\n`);
process.stdout.write(toMarkdown(findings));
if (doubts.length > 0) process.exitCode = 1;
