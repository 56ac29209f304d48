import { spawnSync } from 'node:child_process';
import { availableParallelism, type CpuInfo, cpus } from 'node:os';
import { setTimeout } from 'node:timers/promises';

const SERVER_CORE = 0;
const LOAD_CORE = 1;

/** Whether server and load can have a core each: two cores, and Linux's `taskset`. */
export const canPin: boolean =
  availableParallelism() >= 2 && spawnSync('taskset', ['--version']).status === 0;

/** The command that runs a program on the server's core. */
export function onServerCore(command: string, args: readonly string[]): [string, string[]] {
  return canPin ? ['taskset', ['-c', String(SERVER_CORE), command, ...args]] : [command, [...args]];
}

/** Keeps this process, which makes the load, away from the server's core. */
export function moveToLoadCore(): void {
  if (canPin) spawnSync('taskset', ['-acp', String(LOAD_CORE), String(process.pid)]);
}

/** How busy the machine is while nobody asks it for anything: of the busier of the two cores, from 0 to 1. */
export async function idleLoad(forMs: number): Promise<number> {
  const before = cpus();
  await setTimeout(forMs);
  const after = cpus();
  const shares = [SERVER_CORE, LOAD_CORE].map((core) => busyShare(before[core], after[core]));
  return Math.max(...shares);
}

function busyShare(before: CpuInfo | undefined, after: CpuInfo | undefined): number {
  if (!before || !after) return 0;
  const idle = after.times.idle - before.times.idle;
  const total = sum(after) - sum(before);
  return total === 0 ? 0 : 1 - idle / total;
}

function sum({ times }: CpuInfo): number {
  return Object.values(times).reduce((total, time) => total + time, 0);
}
