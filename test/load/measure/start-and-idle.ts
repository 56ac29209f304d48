import { setTimeout } from 'node:timers/promises';
import { startService } from './service.ts';
import { median } from './statistics.ts';
import { createBenchTenant } from './tenant.ts';

/** The service with nothing to do. */
export interface StartAndIdle {
  /** From the spawn of the process to the first 200 of `/livez`; the median of several starts. */
  readonly startMs: number;
  readonly starts: readonly number[];
  /** Resident memory shortly after that. */
  readonly idleBytes: number | undefined;
}

export async function measureStartAndIdle(starts: number, settleMs: number): Promise<StartAndIdle> {
  const tenant = await createBenchTenant(0);
  const times: number[] = [];
  const memory: number[] = [];
  for (let start = 0; start < starts; start += 1) {
    const service = await startService({ tenant, users: 1 });
    times.push(service.startMs);
    await setTimeout(settleMs);
    memory.push(service.memory() ?? Number.NaN);
    await service.stop();
  }
  await tenant.close();
  const idleBytes = median(memory);
  return {
    startMs: median(times),
    starts: times,
    idleBytes: Number.isNaN(idleBytes) ? undefined : idleBytes,
  };
}
