import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/lib/clock.ts';
import { createMemoryLeases } from '../../src/store/memory/leases.ts';
import { createMemoryStore } from '../../src/store/memory/records.ts';
import type { TokenClient } from '../../src/tenant/token-client.ts';
import { createTokenService } from '../../src/token/token-service.ts';
import { createTokenShare } from '../../src/token/token-share.ts';

/** Heap that a cached user costs: `npm run heap [-- <users> [--json]]`. Fails when it is more than the bound. */
const BOUND_BYTES = 2_500;
const TOKEN_BYTES = 1_200;
const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const users = Number(positionals[0] ?? 100_000);

/** A tenant that answers at once, with tokens as long as Qlik's, each a string of its own. */
const tokenClient: TokenClient = {
  mint: async () => ({
    accessToken: randomBytes(TOKEN_BYTES / 2).toString('hex'),
    scope: 'user_default',
    scopes: ['user_default'],
    lifetimeMs: 6 * 3_600_000,
    subject: randomBytes(12).toString('hex'),
  }),
  identify: async () => ({}),
  promote() {},
  judge: async () => 'accepted',
  revoke: async () => true,
  healthy: true,
  state: { running: 0, waiting: 0, throttled: false, circuitOpen: false, clientRefused: false },
};

const tenantOf = () => ({ tokenClient, isDenied: () => false });

const tokens = createTokenService({
  tenantOf,
  share: createTokenShare({
    store: createMemoryStore(systemClock),
    partitionOf: (owner) => `{${owner}}:sessions`,
    tenantOf,
    clock: systemClock,
  }),
  leases: createMemoryLeases(systemClock),
  mintRate: { take: async () => 0, giveBack: async () => {} },
  clock: systemClock,
  random: Math.random,
  emit() {},
  maxCached: users,
  refreshBeforeMs: 600_000,
  minRemainingMs: 60_000,
  replaceCooldownMs: 30_000,
  deadlineMs: 8_000,
});
const tenant = {
  name: 'acme',
  url: 'https://acme.eu.qlikcloud.com',
  clientId: '5a9d0c3e7b1f42868e0d6c5b4a392817',
  scope: 'user_default',
};

function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

if (!globalThis.gc) throw new Error('run it with --expose-gc');
const before = heapUsed();
for (let number = 0; number < users; number += 1) {
  const lookup = { field: 'subject' as const, value: `auth0|${number.toString(16).padStart(24, '0')}` };
  const owner = number.toString(16).padStart(16, '0');
  await tokens.obtain({ tenant, owner, lookup }, '', { at: Date.now() + 8_000 });
}
const perUser = (heapUsed() - before) / tokens.size;
const bytesEach = Math.round(perUser);
process.stdout.write(
  values.json
    ? `${JSON.stringify({ users, bytesEach })}\n`
    : `${tokens.size} users cached, ${bytesEach} bytes of heap each (at most ${BOUND_BYTES})\n`,
);
if (perUser > BOUND_BYTES || tokens.size !== users) process.exitCode = 1;
