import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type Clock, systemClock } from '../../../src/lib/clock.ts';
import type { QlikError } from '../../../src/qlik/errors.ts';
import type { CallLimitsOptions } from '../../../src/store/call-limits.ts';
import { StoreUnavailableError } from '../../../src/store/record-store.ts';
import { createRedisCallLimits } from '../../../src/store/redis/call-limits.ts';
import { connectRedis } from '../../../src/store/redis/connection.ts';
import { createCircuit } from '../../../src/tenant/admission/circuit.ts';
import { createGate } from '../../../src/tenant/admission/gate.ts';
import type { Gate, Priority } from '../../../src/tenant/admission/ticket.ts';

import { monitorScripts } from '../../support/monitor.ts';
import { ownTimeOf } from '../../support/own-time.ts';

import { type RedisServer, redisMissing, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';
import { faults } from '../fake-issuer.ts';

/** So long that nobody gets tired of waiting on a busy machine. */
const TEN_MINUTES = 600_000;
const THROTTLED_MS = 1_500;
/** Between two clocks that count whole milliseconds. */
const SLACK_MS = 5;

function ticket(priority: Priority) {
  return { priority, budgeted: true, decisive: true, deadline: systemClock.now() + TEN_MINUTES };
}

/** Goes, but wakes nobody: who waits by it goes on only when told. */
const wakeless: Clock = { ...systemClock, after: () => () => {} };

/** Gates of replicas, each with a connection of its own. */
async function connectGates(
  t: TestContext,
  port: number,
  options: Partial<CallLimitsOptions>,
  clock = systemClock,
): Promise<[Gate, Gate, Gate]> {
  const name = randomUUID();
  async function connectGate(): Promise<Gate> {
    const redis = await connectRedis({
      target: { host: '127.0.0.1', port, database: 0 },
      prefix: 'qtb:',
      emit() {},
    });
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
    const scripted = await monitorScripts(t, server.port);
    let running = 0;
    let most = 0;
    const call = async () => {
      running += 1;
      most = Math.max(most, running);
      await setTimeout(15);
      running -= 1;
    };

    await Promise.all(Array.from({ length: 90 }, (_, i) => gates[i % 3]?.run(call, ticket('user'))));

    assert.equal(most, 4);
    const counted = () => scripted().flatMap((line) => /^"ZADD" "[^"]+:spent" "(\d+)"/.exec(line)?.[1] ?? []);
    await until(() => counted().length === 90);
    const times = counted().map(Number);
    times.slice(30).forEach((time, n) => {
      assert.ok(time - (times[n] as number) >= 1_000, `31 calls from ${times[n]} to ${time}`);
    });
  });

  test('a permit that one frees is another’s at once', async (t) => {
    const [a, b] = await connectGates(t, server.port, { concurrency: 1 }, wakeless);
    let end = () => {};
    const call = new Promise<void>((resolve) => {
      end = resolve;
    });
    const first = a.run(() => call, ticket('user'));
    await until(() => a.state.running === 1);
    const second = b.run(async () => 'made', ticket('user'));
    await until(async () => (await server.ask('PUBSUB', 'CHANNELS', '*:changed')) !== '');

    end();

    await first;
    assert.equal(await second, 'made');
  });

  test('a Retry-After that one is told holds for all, and no longer', async (t) => {
    const [a, b, c] = await connectGates(t, server.port, {});
    const told = performance.now();
    await assert.rejects(a.run(() => Promise.reject(faults.throttled(THROTTLED_MS)), ticket('user')));
    let refused = false;
    for (const gate of [b, c]) {
      await until(() =>
        gate
          .run(async () => true, ticket('user'))
          .catch(({ code, retryAfterMs = 0 }: QlikError) => {
            assert.equal(code, 'throttled');
            assert.ok(retryAfterMs > 0);
            refused = true;
            return false;
          }),
      );
      assert.ok(performance.now() - told >= THROTTLED_MS - SLACK_MS);
    }
    assert.ok(refused);
  });
});

test('given a Redis that is killed and comes back, users are refused soon and renewals wait', {
  skip: redisMissing(),
}, async (t) => {
  const server = await startRedis();
  t.after(() => server.stop());
  const [a] = await connectGates(t, server.port, {});
  assert.equal(await a.run(async () => 'made', ticket('user')), 'made');
  await server.kill();

  const { ownMs } = await ownTimeOf(() =>
    assert.rejects(
      a.run(async () => assert.fail('a call was made'), ticket('user')),
      StoreUnavailableError,
    ),
  );
  assert.ok(ownMs < 1_500, `${ownMs} ms`);
  const renewal = a.run(async () => 'renewed', ticket('renewal'));
  await setTimeout(500);
  assert.equal(a.state.waiting, 1);
  await server.restart();
  assert.equal(await renewal, 'renewed');
});

test('given a Redis that is frozen, users are refused within 1.5 s', { skip: redisMissing() }, async (t) => {
  const server = await startRedis();
  t.after(() => server.stop());
  const [a] = await connectGates(t, server.port, {});
  assert.equal(await a.run(async () => 'made', ticket('user')), 'made');
  server.process.kill('SIGSTOP');
  t.after(() => server.process.kill('SIGCONT'));

  const { result, ownMs } = await ownTimeOf(() =>
    Promise.allSettled(
      Array.from({ length: 20 }, () => a.run(async () => assert.fail('a call was made'), ticket('user'))),
    ),
  );
  for (const { status, reason } of result as PromiseRejectedResult[]) {
    assert.equal(status, 'rejected');
    assert.ok(reason instanceof StoreUnavailableError);
  }
  assert.ok(ownMs < 1_500, `${ownMs} ms`);
});
