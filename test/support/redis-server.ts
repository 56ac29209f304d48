import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { endWithUs } from './end-with-us.ts';
import { untilListens } from './listening.ts';
import { createStandingClock, standingClockMissing } from './standing-clock.ts';
import { freePort } from './test-service.ts';

/** A Redis of a test's own, on loopback, with its files in a folder of its own. */
export interface RedisServer {
  readonly port: number;
  readonly folder: string;
  readonly process: ChildProcess;
  /** Moves the clock of a server whose clock stands still. */
  advance(ms: number): void;
  /** What `redis-cli` prints when it runs this command as the default user. */
  cli(...args: string[]): string;
  /** The same without holding up this process, whose own calls of Redis would be late for their answers. */
  ask(...args: string[]): Promise<string>;
  /** Ends the process as a crash would. */
  kill(): Promise<void>;
  /** Ends the process and removes its files. */
  stop(): Promise<void>;
  /** Starts it again on the same port, with what it saved. */
  restart(): Promise<void>;
}

/** Why tests that need a Redis are skipped, or `false`; when `CI` is set, an error. */
export function redisMissing(): string | false {
  const found = spawnSync('sh', ['-c', 'command -v redis-server && command -v redis-cli']).status === 0;
  return found ? false : missing('redis-server');
}

/** The same of those that move its clock. */
export function movableRedisMissing(): string | false {
  return redisMissing() || (standingClockMissing() && missing('faketime'));
}

function missing(program: string): string {
  if (process.env.CI) throw new Error(`${program} is missing: npm run set-up installs it on Debian`);
  return `${program} is missing`;
}

export interface RedisServerOptions {
  /** What `redis-cli` needs besides the port. */
  readonly cliArgs?: readonly string[];
  readonly port?: number;
  /** Its clock stands still until it is moved. */
  readonly standingClock?: boolean;
  /** The text of a configuration file, which the server may write to, as a Sentinel does. */
  readonly configuration?: string;
}

/** Starts `redis-server` with these arguments besides the usual ones. */
export async function startRedis(
  args: readonly string[] = [],
  { cliArgs = [], port, standingClock, configuration }: RedisServerOptions = {},
): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const ownPort = port ?? (await freePort());
  if (configuration !== undefined) writeFileSync(join(folder, 'redis.conf'), configuration);
  const clock = standingClock && createStandingClock(folder);
  let server = run();

  function run(): ChildProcess {
    const file = configuration === undefined ? [] : [join(folder, 'redis.conf')];
    const always = [...file, '--port', String(ownPort), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
    const child = spawn('redis-server', [...always, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(clock && { env: { ...process.env, ...clock.env } }),
    });
    endWithUs(child);
    return child;
  }

  async function kill(): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  }

  await untilListens(server, ownPort);

  return {
    port: ownPort,
    folder,
    get process() {
      return server;
    },
    advance(ms) {
      assert.ok(clock, 'its clock goes on by itself');
      clock.advance(ms);
    },
    cli(...command) {
      const ask = () =>
        spawnSync('redis-cli', ['-p', String(ownPort), ...cliArgs, ...command], { encoding: 'utf8' });
      let { stdout, stderr } = ask();
      // A Sentinel cuts whoever is connected to the Redis that it promotes.
      if (stderr.includes('I/O error')) ({ stdout, stderr } = ask());
      assert.equal(stderr, '');
      return stdout.trimEnd();
    },
    async ask(...command) {
      const args = ['-p', String(ownPort), ...cliArgs, ...command];
      return (await promisify(execFile)('redis-cli', args)).stdout.trimEnd();
    },
    kill,
    async stop() {
      await kill();
      rmSync(folder, { recursive: true });
    },
    async restart() {
      await kill();
      server = run();
      await untilListens(server, ownPort);
    },
  };
}
