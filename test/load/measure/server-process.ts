import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../src/demo/free-port.ts';
import { endWithUs } from '../../support/end-with-us.ts';
import { onServerCore } from './cores.ts';

const HOST = '127.0.0.1';
const START_WITHIN_MS = 20_000;

// Else a signal would end this process alone, and leave its servers.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** The folder of this checkout. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A server in a process of its own, on the server's core; its log goes to /dev/null. */
export interface ServerProcess {
  readonly url: string;
  /** From the spawn to the first answer of its health path, in milliseconds. */
  readonly startMs: number;
  /** Resident memory in bytes; undefined where /proc does not say. */
  memory(): number | undefined;
  /** Time that all its threads have spent on a processor so far, in milliseconds; undefined where /proc does not say. */
  processorMs(): number | undefined;
  stop(): Promise<void>;
}

export interface ServerProgram {
  /** Arguments for Node, the file among them, relative to the checkout. */
  readonly args: readonly string[];
  /** The folder of another checkout than this one. */
  readonly checkout?: string | undefined;
  /** Its environment besides `PORT` and `HOST`. */
  readonly env?: (origin: string) => Record<string, string>;
  /** Answers 200 when the server is up. */
  readonly healthPath: string;
}

export async function startServer({
  args,
  checkout = root,
  env,
  healthPath,
}: ServerProgram): Promise<ServerProcess> {
  const port = await freePort(0, HOST);
  const url = `http://${HOST}:${port}`;
  const [command, allArgs] = onServerCore(process.execPath, args);
  const startedAt = performance.now();
  const child = spawn(command, allArgs, {
    cwd: checkout,
    env: { PATH: process.env.PATH, HOST, PORT: String(port), ...env?.(url) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  endWithUs(child);
  const exited = once(child, 'exit');

  while (!(await answers(url + healthPath))) {
    if (child.exitCode !== null) throw new Error(`${args.join(' ')} ended with ${child.exitCode}`);
    if (performance.now() - startedAt > START_WITHIN_MS) throw new Error(`${args.join(' ')} does not answer`);
    await setTimeout(2);
  }

  return {
    url,
    startMs: performance.now() - startedAt,
    memory: () => residentBytes(child.pid as number),
    processorMs: () => processorMs(child.pid as number),
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { headers: { connection: 'close' } });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

function residentBytes(pid: number): number | undefined {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(proc(pid, 'status'))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1_024;
}

/** V8 collects garbage on threads of its own too: which thread does how much is chance. */
function processorMs(pid: number): number | undefined {
  const nanoseconds = threads(pid).map((thread) => /^\d+/.exec(proc(pid, `task/${thread}/schedstat`))?.[0]);
  if (nanoseconds.length === 0) return undefined;
  return nanoseconds.reduce((sum, each) => sum + Number(each ?? 0), 0) / 1_000_000;
}

function threads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function proc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
