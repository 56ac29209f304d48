import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { Priority, Ticket } from '../../src/tenant/admission/ticket.ts';
import { createGateBench, type OpenCall } from '../tenant/admission/gate-bench.ts';
import { faults } from '../tenant/fake-issuer.ts';

type How = 'succeed' | 'refuse' | 'throttle' | 'fail';

type Step =
  | { do: 'send'; priority: Priority; deadlineMs: number; budgeted: boolean }
  | { do: 'end'; which: number; how: How }
  | { do: 'promote'; which: number }
  | { do: 'advance'; ms: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('send' as const),
        priority: fc.constantFrom(
          'user' as const,
          'directory' as const,
          'renewal' as const,
          'revocation' as const,
        ),
        deadlineMs: fc.constantFrom(0, 1, 500, 8_000, 60_000),
        budgeted: fc.boolean(),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('end' as const),
        which: fc.nat(20),
        how: fc.constantFrom<How>('succeed', 'succeed', 'refuse', 'throttle', 'fail', 'fail'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('promote' as const), which: fc.nat(20) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('advance' as const),
        ms: fc.constantFrom(1, 100, 1_000, 5_000, 10_000, 60_000),
      }),
    },
  ),
  { maxLength: 80 },
);

interface Sent {
  readonly call: OpenCall;
  readonly ticket: Ticket;
  ended: boolean;
}

const CONCURRENCY = 3;
const BUDGET = { limit: 6, windowMs: 10_000 };
const RETRY_AFTER_MS = 7_000;

function createWatchedGate() {
  const bench = createGateBench({ concurrency: CONCURRENCY, budget: BUDGET });
  const sent: Sent[] = [];
  const quiet: { from: number; until: number }[] = [];
  const running = () => sent.filter(({ call, ended }) => call.startedAt !== undefined && !ended);

  return {
    ...bench,
    sent,
    running,

    end(one: Sent, how: How): void {
      one.ended = true;
      if (how === 'succeed') one.call.succeed();
      if (how === 'refuse') one.call.fail(faults.unauthorized());
      if (how === 'fail') one.call.fail(faults.permanent());
      if (how !== 'throttle') return;
      one.call.fail(faults.throttled(RETRY_AFTER_MS));
      quiet.push({ from: bench.clock.now(), until: bench.clock.now() + RETRY_AFTER_MS });
    },

    check(): void {
      assert.ok(running().length <= CONCURRENCY, 'too many at once');
      const starts = sent.filter(({ call }) => call.startedAt !== undefined);
      for (const { call, ticket } of starts) {
        const startedAt = call.startedAt as number;
        assert.ok(startedAt < ticket.deadline, 'made after its time had run out');
        const early = quiet.some(({ from, until }) => startedAt > from && startedAt < until);
        assert.ok(!early, 'made while the tenant asked to be left alone');
      }
      const spent = starts
        .filter(({ ticket }) => ticket.budgeted)
        .map(({ call }) => call.startedAt as number);
      for (const start of spent) {
        const inWindow = spent.filter((time) => time >= start && time < start + BUDGET.windowMs);
        assert.ok(inWindow.length <= BUDGET.limit, 'too many in a window');
      }
      for (const { call, ticket } of sent) {
        const overdue = call.startedAt === undefined && bench.clock.now() >= ticket.deadline;
        if (overdue) assert.equal(call.outcome.state, 'rejected', 'kept waiting after its time had run out');
      }
      const idle = running().length === 0 && bench.gate.healthy;
      const stuck = sent.filter(({ call, ticket }) => !ticket.budgeted && call.outcome.state === 'pending');
      if (idle) assert.equal(stuck.length, 0, 'kept waiting for nothing');
    },
  };
}

async function play(sequence: Step[]): Promise<void> {
  const world = createWatchedGate();
  const { sent, running, clock, gate } = world;
  for (const step of sequence) {
    const calls = step.do === 'end' ? running() : sent;
    if (step.do === 'send') {
      const ticket = world.ticket(step.priority, step.deadlineMs, step.budgeted);
      sent.push({ ticket, call: world.open('call', ticket), ended: false });
    } else if (step.do === 'advance') {
      await clock.advance(step.ms);
    } else {
      const one = calls[step.which % Math.max(1, calls.length)];
      if (one && step.do === 'end') world.end(one, step.how);
      if (one && step.do === 'promote') gate.promote(one.ticket);
    }
    await clock.advance(0);
    world.check();
  }

  for (let second = 0; second < 120; second += 1) {
    for (const one of running()) world.end(one, 'succeed');
    await clock.advance(1_000);
    world.check();
  }
  const left = sent.filter(({ call }) => call.outcome.state === 'pending');
  assert.equal(left.length, 0, 'somebody was forgotten');
}

it('whatever happens, a gate keeps its limits, leaves a throttling tenant alone, and keeps nobody too long', async () => {
  await fc.assert(fc.asyncProperty(steps, play), { numRuns: 300 });
});
