import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { IMPERSONATION } from '../sandbox/tenant-client.ts';
import { createQlikUsers } from './qlik-users.ts';
import { testEnv } from './test-service.ts';

/** Many people whom both the demo and a tenant know. */
export interface People {
  /** The ids of people by what the tenant calls them. */
  readonly users: ReadonlyMap<string, string>;
  /** How many tokens the tenant was asked for. */
  mints(): number;
  /** The settings of a service for them. */
  readonly env: Record<string, string>;
}

/** What the tenant takes for a mint. */
const MINT_MS = 50;

/** Starts a sandbox tenant that knows them and has no rate limits to speak of; ended with the test. */
export async function createPeople(t: TestContext, people: readonly string[]): Promise<People> {
  const sandbox = await createSandbox({ tierOnePerMinute: 100_000, tierTwoPerMinute: 100_000 });
  t.after(() => sandbox.close());
  const folder = mkdtempSync(join(tmpdir(), 'people-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'users.json');
  writeFileSync(file, JSON.stringify(people.map((id) => ({ id }))));
  const users = await createQlikUsers(sandbox, people);
  sandbox.faults.add({ match: { grantType: IMPERSONATION }, effect: { type: 'latency', delayMs: MINT_MS } });

  return {
    users,
    mints: () => sandbox.calls.count({ grantType: IMPERSONATION }),
    env: { ...(await testEnv(sandbox, 0)), DEMO_USERS: file, TENANT_BUDGET: '10000/min' },
  };
}
