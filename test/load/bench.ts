import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { canPin, moveToLoadCore } from './measure/cores.ts';
import { measureHeap } from './measure/heap.ts';
import { CONNECTIONS } from './measure/http-load.ts';
import { type Findings, toMarkdown } from './measure/report.ts';
import { measureStartAndIdle } from './measure/start-and-idle.ts';
import { measureTenantTrouble } from './measure/tenant-trouble.ts';
import { measureThroughput } from './measure/throughput.ts';
import { IncomparableError } from './measure/trouble.ts';

/**
 * `npm run bench [-- --quick] [--json <file>]`: docs/performance.md says what it measures. Exit code 1, without figures,
 * when they could not be compared: requests failed, or the machine was busy with something else. With `--quick` a busy
 * machine is only a warning; `--smoke`, for the tests, runs all of it for as short a time as possible.
 */
const full = {
  rounds: 7,
  warmUpSeconds: 5,
  seconds: 2,
  users: CONNECTIONS,
  heap: [100_000, 1_000_000],
  starts: 7,
  settleMs: 3_000,
};
const quick = {
  rounds: 2,
  warmUpSeconds: 2,
  seconds: 1.5,
  users: CONNECTIONS,
  heap: [20_000],
  starts: 2,
  settleMs: 1_000,
};

const smoke = {
  rounds: 1,
  warmUpSeconds: 1,
  seconds: 1,
  users: CONNECTIONS,
  heap: [20_000],
  starts: 1,
  settleMs: 0,
};

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, smoke: { type: 'boolean' }, json: { type: 'string' } },
});
const rough = values.quick === true || values.smoke === true;
const plan = values.smoke ? smoke : values.quick ? quick : full;
const report = (progress: string) => process.stderr.write(`${progress}\n`);

try {
  moveToLoadCore();
  report(canPin ? 'server on one core, load on another' : 'no cores of their own for server and load');
  const { rows, doubt } = await measureThroughput({ ...plan, report });
  if (doubt !== undefined && !rough) throw new IncomparableError(doubt);
  const trouble = await measureTenantTrouble({ ...plan, report });
  report('start and idle memory');
  const startAndIdle = await measureStartAndIdle(plan.starts, plan.settleMs);
  const heap = [];
  for (const users of plan.heap) {
    report(`heap of ${users} users`);
    heap.push(await measureHeap(users));
  }

  const findings: Findings = {
    node: process.version,
    pinned: canPin,
    rough,
    doubt,
    throughput: rows,
    ...trouble,
    heap,
    startAndIdle,
  };
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(findings, undefined, 2)}\n`);
  if (doubt !== undefined) report(`Do not rely on these figures: ${doubt}.`);
  process.stdout.write(toMarkdown(findings));
} catch (error) {
  if (!(error instanceof IncomparableError)) throw error;
  report(`No figures, they could not be compared: ${error.message}.`);
  process.exitCode = 1;
}
