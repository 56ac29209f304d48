import { setTimeout } from 'node:timers/promises';
import { startService } from './service.ts';
import { lowerQuartile, median } from './statistics.ts';
import { createBenchTenant } from './tenant.ts';

/** The service with nothing to do. */
export interface StartAndIdle {
  /** From the spawn of the process to the first 200 of `/livez`: the lower quartile of several starts. */
  readonly startMs: number;
  readonly starts: readonly number[];
  /** Time on the processor until then, likewise; undefined where /proc does not say. */
  readonly processorMs: number | undefined;
  /** Resident memory shortly after that. */
  readonly idleBytes: number | undefined;
}

/** Of each of these checkouts, `undefined` for this one; they start in turn. */
export async function measureStartAndIdle(
  checkouts: readonly (string | undefined)[],
  starts: number,
  settleMs: number,
): Promise<StartAndIdle[]> {
  const tenant = await createBenchTenant(0);
  const seen = checkouts.map(() => ({
    times: [] as number[],
    processor: [] as number[],
    memory: [] as number[],
  }));
  for (let start = 0; start < starts; start += 1) {
    for (const [index, checkout] of checkouts.entries()) {
      const service = await startService({ tenant, users: 1, checkout });
      seen[index]?.processor.push(service.processorMs() ?? Number.NaN);
      seen[index]?.times.push(service.startMs);
      await setTimeout(settleMs);
      seen[index]?.memory.push(service.memory() ?? Number.NaN);
      await service.stop();
    }
  }
  await tenant.close();
  return seen.map(({ times, processor, memory }) => ({
    startMs: lowerQuartile(times),
    starts: times,
    processorMs: known(lowerQuartile(processor)),
    idleBytes: known(median(memory)),
  }));
}

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}
