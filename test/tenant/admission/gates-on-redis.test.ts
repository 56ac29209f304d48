import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { systemClock } from '../../../src/lib/clock.ts';
import type { QlikError } from '../../../src/qlik/errors.ts';
import type { CallLimitsOptions } from '../../../src/store/call-limits.ts';
import { StoreUnavailableError } from '../../../src/store/record-store.ts';
import { createRedisCallLimits } from '../../../src/store/redis/call-limits.ts';
import { connectRedis } from '../../../src/store/redis/connection.ts';
import { createCircuit } from '../../../src/tenant/admission/circuit.ts';
import { createGate } from '../../../src/tenant/admission/gate.ts';
import type { Gate, Priority } from '../../../src/tenant/admission/ticket.ts';
import { type RedisServer, redisMissing, startRedis } from '../../support/redis-server.ts';
import { faults } from '../fake-issuer.ts';

const clock = systemClock;

function ticket(priority: Priority, deadlineMs: number) {
  return { priority, budgeted: true, decisive: true, deadline: clock.now() + deadlineMs };
}

/** Gates of replicas, each with a connection of its own. */
async function connectGates(
  t: TestContext,
  port: number,
  options: Partial<CallLimitsOptions>,
): Promise<[Gate, Gate, Gate]> {
  const name = randomUUID();
  async function connectGate(): Promise<Gate> {
    const redis = await connectRedis({ target: { host: '127.0.0.1', port, database: 0 }, emit() {} });
    t.after(() => redis.close());
    const limits = createRedisCallLimits({
      concurrency: 8,
      rate: { limit: 1_000, windowMs: 60_000 },
      permitMs: 10_000,
      ...options,
      name,
      redis,
      now: clock.now,
    });
    const silent = { emit() {}, tenant: 'acme' };
    const circuit = createCircuit({
      now: clock.now,
      random: () => 1,
      ...silent,
      client: 'impersonation',
    });
    return createGate({ clock, circuit, limits, ...silent });
  }
  return Promise.all([connectGate(), connectGate(), connectGate()]);
}

describe('given replicas that share a Redis', { skip: redisMissing() }, () => {
  let server: RedisServer;
  before(async () => {
    server = await startRedis();
  });
  after(() => server.stop());

  test('together they make so many calls at once, and so many in any window', async (t) => {
    const gates = await connectGates(t, server.port, {
      concurrency: 4,
      rate: { limit: 30, windowMs: 1_000 },
    });
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    const call = async () => {
      begun.push(performance.now());
      running += 1;
      most = Math.max(most, running);
      await setTimeout(15);
      running -= 1;
    };

    await Promise.all(Array.from({ length: 90 }, (_, i) => gates[i % 3]?.run(call, ticket('user', 8_000))));

    assert.equal(begun.length, 90);
    assert.equal(most, 4);
    // Redis counts a call a moment before it begins.
    const slackMs = 250;
    begun.forEach((start, index) => {
      assert.ok((begun[index + 30] ?? Number.POSITIVE_INFINITY) > start + 1_000 - slackMs);
    });
  });

  test('a permit that one frees is another’s at once', async (t) => {
    const [a, b] = await connectGates(t, server.port, { concurrency: 1 });
    const waits: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      const first = a.run(() => setTimeout(50), ticket('user', 8_000));
      await setTimeout(20);
      const freed = first.then(() => performance.now());
      const begun = b.run(async () => performance.now(), ticket('user', 8_000));
      waits.push((await begun) - (await freed));
    }
    assert.ok(Math.min(...waits) < 100, `${waits.map(Math.round)} ms`);
  });

  test('a Retry-After that one is told holds for all', async (t) => {
    const [a, b, c] = await connectGates(t, server.port, {});
    await assert.rejects(a.run(() => Promise.reject(faults.throttled(600)), ticket('user', 8_000)));
    await setTimeout(50);
    for (const gate of [b, c]) {
      await assert.rejects(
        gate.run(async () => assert.fail('a call was made'), ticket('user', 8_000)),
        ({ code, retryAfterMs }: QlikError) => code === 'throttled' && (retryAfterMs ?? 0) > 300,
      );
    }
    await setTimeout(600);
    assert.equal(await b.run(async () => 'made', ticket('user', 8_000)), 'made');
  });
});

test('given a Redis that is killed and comes back, users are refused soon and renewals wait', {
  skip: redisMissing(),
}, async (t) => {
  const server = await startRedis();
  t.after(() => server.stop());
  const [a] = await connectGates(t, server.port, {});
  assert.equal(await a.run(async () => 'made', ticket('user', 8_000)), 'made');
  await server.kill();

  const begun = performance.now();
  await assert.rejects(
    a.run(async () => assert.fail('a call was made'), ticket('user', 8_000)),
    StoreUnavailableError,
  );
  assert.ok(performance.now() - begun < 1_500);
  const renewal = a.run(async () => 'renewed', ticket('renewal', 30_000));
  await setTimeout(500);
  assert.equal(a.state.waiting, 1);
  await server.restart();
  assert.equal(await renewal, 'renewed');
});

test('given a Redis that is frozen, users are refused within 1.5 s', { skip: redisMissing() }, async (t) => {
  const server = await startRedis();
  t.after(() => server.stop());
  const [a] = await connectGates(t, server.port, {});
  assert.equal(await a.run(async () => 'made', ticket('user', 8_000)), 'made');
  server.process.kill('SIGSTOP');
  t.after(() => server.process.kill('SIGCONT'));

  const begun = performance.now();
  const users = Array.from({ length: 20 }, () =>
    a.run(async () => assert.fail('a call was made'), ticket('user', 8_000)),
  );
  for (const { status, reason } of (await Promise.allSettled(users)) as PromiseRejectedResult[]) {
    assert.equal(status, 'rejected');
    assert.ok(reason instanceof StoreUnavailableError);
  }
  assert.ok(performance.now() - begun < 1_500);
});
