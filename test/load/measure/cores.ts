import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

/** Whether server and load can have a core each: two cores, and Linux's `taskset`. */
export const canPin: boolean =
  availableParallelism() >= 2 && spawnSync('taskset', ['--version']).status === 0;

/** The command that runs a program on the server's core. */
export function onServerCore(command: string, args: readonly string[]): [string, string[]] {
  return canPin ? ['taskset', ['-c', String(SERVER_CORE), command, ...args]] : [command, [...args]];
}

/** Keeps this process, which makes the load, and what it starts away from the server's core. */
export function moveToLoadCore(): void {
  if (canPin) spawnSync('taskset', ['-acp', String(LOAD_CORE), String(process.pid)]);
}
