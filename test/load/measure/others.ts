import { readFileSync } from 'node:fs';
import { canPin, LOAD_CORE, SERVER_CORE } from './cores.ts';

/**
 * Watches how much of the two cores is taken by processes that are not ours, or by other machines on the same host. The
 * function that it returns tells the share of one core since then; `undefined` where /proc does not say.
 */
export function watchOthers(): () => number | undefined {
  const before = snapshot();
  return () => {
    const after = snapshot();
    if (!before || !after) return undefined;
    return Math.max(0, (after.others - before.others) / (after.at - before.at));
  };
}

const MS_PER_TICK = 10;

/** In milliseconds: the time, and what others have taken of the cores so far. */
function snapshot(): { at: number; others: number } | undefined {
  if (!canPin) return undefined;
  try {
    const cores = [SERVER_CORE, LOAD_CORE].map(busyTicks);
    const ours = [process.pid, ...children()].map(ticksOf);
    return { at: performance.now(), others: (sum(cores) - sum(ours)) * MS_PER_TICK };
  } catch {
    return undefined;
  }
}

/** All that was not idle, or waiting for a disk. */
function busyTicks(core: number): number {
  const line = readFileSync('/proc/stat', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`cpu${core} `));
  const [user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0, stolen = 0] = (line ?? '')
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return user + nice + system + interrupts + softInterrupts + stolen;
}

function children(): number[] {
  const list = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim();
  return list === '' ? [] : list.split(' ').map(Number);
}

/** Of a process, and of its children that have ended. */
function ticksOf(pid: number): number {
  const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? '';
  return sum(afterName.split(' ').slice(11, 15).map(Number));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
