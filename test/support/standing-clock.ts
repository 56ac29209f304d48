import { spawnSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A clock for another process, by libfaketime, that stands still until it is moved. */
export interface StandingClock {
  /** What a program must have in its environment to go by it. */
  readonly env: Record<string, string>;
  advance(ms: number): void;
}

/**
 * libfaketime's, and before anybody else's memory: a program with an allocator of its own, which asks for the time,
 * would call it before it is set up.
 */
const PRELOAD = '/usr/$LIB/faketime/libfaketimeMT.so.1:libc.so.6';

/** Whether a program can be given such a clock. */
export function standingClockMissing(): boolean {
  return spawnSync('sh', ['-c', 'command -v faketime']).status !== 0;
}

/** Keeps its time in a file in this folder. */
export function createStandingClock(folder: string): StandingClock {
  const file = join(folder, 'clock');
  let time = Date.now();
  set();

  function set(): void {
    // In the middle of a millisecond: it is read as a fraction, which is not exact.
    writeFileSync(`${file}.new`, new Date(time).toISOString().replace('T', ' ').replace('Z', '5\n'));
    renameSync(`${file}.new`, file);
  }

  return {
    env: {
      LD_PRELOAD: PRELOAD,
      TZ: 'UTC',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    advance(ms) {
      time += ms;
      set();
    },
  };
}
