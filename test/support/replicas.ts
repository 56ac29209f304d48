import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type Child, runBuilt } from './child.ts';
import { freePort } from './test-service.ts';

/** A replica of the service at an address that stays, in one process after the other. */
export interface Replica {
  readonly name: string;
  readonly url: string;
  /** Of the operators' listener. */
  readonly adminUrl: string;
  /** Begins a process with these settings; resolves when it listens. */
  start(env: Record<string, string>): Promise<void>;
  /** As the kernel ends a process that takes too much memory. */
  kill(): Promise<void>;
  /** As a deploy ends it; fails unless all that it was asked is answered in time. */
  stop(): Promise<void>;
  /** The log of all its processes. */
  output(): string;
}

/** A replica that does not run yet; ended with the test. */
export async function createReplica(t: TestContext, name: string): Promise<Replica> {
  const [port, adminPort] = [await freePort(), await freePort()];
  const addresses = { PORT: String(port), ADMIN_PORT: String(adminPort) };
  const children: Child[] = [];
  const current = () => children.at(-1) as Child;

  return {
    name,
    url: `http://127.0.0.1:${port}`,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    async start(env) {
      children.push(runBuilt(t, 'dist/main.js', [], { ...env, ...addresses }));
      await current().printed(/"event":"service.listening"/);
    },
    async kill() {
      current().process.kill('SIGKILL');
      await current().ended();
    },
    async stop() {
      current().process.kill('SIGTERM');
      assert.equal(await current().ended(), 0, current().output());
    },
    output: () => children.map((child) => child.output()).join(''),
  };
}
