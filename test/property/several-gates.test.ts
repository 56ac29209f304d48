import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { Priority, Ticket } from '../../src/tenant/admission/ticket.ts';
import type { OpenCall } from '../tenant/admission/gate-bench.ts';
import { createReplicasBench } from '../tenant/admission/replicas-bench.ts';
import { faults } from '../tenant/fake-issuer.ts';

type How = 'succeed' | 'throttle' | 'fail';

type Step =
  | { do: 'send'; times: number; on: number; priority: Priority; deadlineMs: number; budgeted: boolean }
  | { do: 'end'; which: number; how: How }
  | { do: 'promote'; which: number }
  | { do: 'lose'; on: number }
  | { do: 'find'; on: number }
  | { do: 'die'; on: number }
  | { do: 'advance'; ms: number };

const on = fc.nat(2);
const which = fc.nat(20);
const priority = fc.constantFrom<Priority>('user', 'directory', 'renewal', 'revocation');
const deadlineMs = fc.constantFrom(1, 500, 8_000, 60_000);
const how = fc.constantFrom<How>('succeed', 'succeed', 'succeed', 'throttle', 'fail');

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('send' as const),
        times: fc.integer({ min: 1, max: 4 }),
        on,
        priority,
        deadlineMs,
        budgeted: fc.constantFrom(true, true, true, false),
      }),
    },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('end' as const), which, how }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('promote' as const), which }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('lose' as const, 'find' as const), on }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('die' as const), on: fc.constant(2) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('advance' as const),
        ms: fc.constantFrom(1, 20, 100, 1_000, 3_000, 10_000),
      }),
    },
  ),
  { minLength: 20, maxLength: 80, size: 'max' },
);

interface Sent {
  readonly on: number;
  readonly call: OpenCall;
  readonly ticket: Ticket;
  endedAt?: number;
}

const CONCURRENCY = 3;
const RATE = { limit: 5, windowMs: 10_000 };
const PLACE_MS = 8_000;
const RETRY_AFTER_MS = 7_000;
/** To the store and back, each; and how long a word of closing needs to everybody. */
const WAY_MS = 5;
const HEARD_MS = 3 * WAY_MS;

async function play(sequence: Step[], hears: boolean): Promise<void> {
  const { clock, replicas } = createReplicasBench({
    concurrency: CONCURRENCY,
    rate: RATE,
    permitMs: PLACE_MS,
    wayMs: WAY_MS,
    hears,
  });
  const sent: Sent[] = [];
  const closings: { from: number; until: number }[] = [];
  const dead = new Set<number>();
  const alive = () => sent.filter((one) => !dead.has(one.on));
  const running = () =>
    alive().filter(({ call, endedAt }) => call.startedAt !== undefined && endedAt === undefined);

  function end(one: Sent, how: How): void {
    one.endedAt = clock.now();
    if (how === 'succeed') one.call.succeed();
    if (how === 'fail') one.call.fail(faults.permanent());
    if (how !== 'throttle') return;
    one.call.fail(faults.throttled(RETRY_AFTER_MS));
    if (!replicas[one.on]?.storeAway)
      closings.push({ from: clock.now() + HEARD_MS, until: clock.now() + RETRY_AFTER_MS });
  }

  /** No call takes longer than it may: its permit would be somebody else's. */
  async function pass(ms: number): Promise<void> {
    const until = clock.now() + ms;
    while (clock.now() < until) {
      for (const one of running())
        if (clock.now() - (one.call.startedAt as number) >= PLACE_MS - 1_000) end(one, 'succeed');
      await clock.advance(Math.min(500, until - clock.now()));
    }
  }

  function check(): void {
    const starts = sent.filter(({ call }) => call.startedAt !== undefined);
    const spent = starts.filter(({ ticket }) => ticket.budgeted).map(({ call }) => call.startedAt as number);
    for (const start of spent) {
      const inWindow = spent.filter((time) => time >= start && time < start + RATE.windowMs);
      assert.ok(inWindow.length <= RATE.limit, 'too many in a window');
    }
    for (const one of starts) {
      const startedAt = one.call.startedAt as number;
      assert.ok(startedAt < one.ticket.deadline, 'made after its time had run out');
      const early = closings.some(({ from, until }) => startedAt > from && startedAt < until);
      assert.ok(!early, 'made while the tenant asked to be left alone');
      const atOnce = starts.filter(
        ({ on, call, endedAt }) =>
          (call.startedAt as number) <= startedAt &&
          (endedAt ?? Number.POSITIVE_INFINITY) > startedAt &&
          (!dead.has(on) || (call.startedAt as number) + PLACE_MS - WAY_MS > startedAt),
      );
      assert.ok(atOnce.length <= CONCURRENCY, 'too many at once');
    }
    for (const { call, ticket } of alive()) {
      const overdue = call.startedAt === undefined && clock.now() >= ticket.deadline;
      if (overdue) assert.equal(call.outcome.state, 'rejected', 'kept waiting after its time had run out');
    }
  }

  for (const step of sequence) {
    if (step.do === 'advance') await pass(step.ms);
    else if (step.do === 'send') {
      const replica = replicas[step.on];
      if (!replica || dead.has(step.on)) continue;
      for (let i = 0; i < step.times; i += 1) {
        const ticket = replica.ticket(step.priority, step.deadlineMs, step.budgeted);
        sent.push({ on: step.on, ticket, call: replica.open('call', ticket) });
      }
    } else if (step.do === 'end' || step.do === 'promote') {
      const calls = step.do === 'end' ? running() : alive();
      const one = calls[step.which % Math.max(1, calls.length)];
      if (one && step.do === 'end') end(one, step.how);
      if (one && step.do === 'promote') replicas[one.on]?.gate.promote(one.ticket);
    } else {
      await clock.advance(HEARD_MS); // What was said before arrives.
      const replica = replicas[step.on];
      if (replica && step.do === 'die') {
        replica.die();
        dead.add(step.on);
      } else if (replica) replica.storeAway = step.do === 'lose';
    }
    await clock.advance(0);
    check();
  }

  for (const replica of replicas) replica.storeAway = false;
  for (let second = 0; second < 75; second += 1) {
    for (const one of running()) end(one, 'succeed');
    await clock.advance(1_000);
    check();
  }
  const left = alive().filter(({ call }) => call.outcome.state === 'pending');
  assert.equal(left.length, 0, 'somebody was forgotten');
  const [a] = replicas;
  const last = a.send('last');
  await clock.advance(100);
  assert.equal(last.state, 'fulfilled', 'permits, budget and way are free again');
}

it('whatever happens to several replicas, together they keep the limits and leave a throttling tenant alone', async () => {
  await fc.assert(fc.asyncProperty(steps, fc.boolean(), play), { numRuns: 200 });
});
