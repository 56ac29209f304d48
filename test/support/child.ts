import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A program of this project in a process of its own. */
export interface Child {
  readonly process: ChildProcess;
  /** All that it printed so far, both streams. */
  output(): string;
  /** Resolves when the output matches; rejects with the output when the process ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Its exit code, once it has ended. */
  ended(): Promise<number | null>;
}

/** Runs a built file, such as `dist/main.js`, with exactly this environment. Ended with the test. */
export function runBuilt(
  t: TestContext,
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Child {
  const child = spawn(process.execPath, [file, ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, ...env },
  });
  return watch(t, child, () => child.kill('SIGKILL'));
}

/**
 * Runs a program such as `npm` in a folder, with exactly this environment, a `PATH` that begins with this Node's, and a home
 * of its own. It is ended with the test, and with it all processes that it has left behind.
 */
export function runProgram(
  t: TestContext,
  folder: string,
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Child {
  const child = spawn(program, args, {
    cwd: folder,
    env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, HOME: folder, ...env },
    // A group of its own.
    detached: true,
  });
  return watch(t, child, () => signalGroup(child, 'SIGKILL'));
}

/** Sends a signal, 0 for none, to each process of a program's group; false when there is none. */
export function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-(pid as number), signal);
  } catch {
    return false;
  }
}

function watch(t: TestContext, child: ChildProcessWithoutNullStreams, kill: () => void): Child {
  let output = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  child.stderr.on('data', (data) => {
    output += data;
  });
  const exited = once(child, 'exit');
  t.after(async () => {
    kill();
    await exited;
  });

  return {
    process: child,
    output: () => output,

    async printed(pattern) {
      for (;;) {
        const match = pattern.exec(output);
        if (match) return match;
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`it ended, having printed:\n${output}`);
        await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), exited]);
      }
    },

    async ended() {
      await exited;
      return child.exitCode;
    },
  };
}
