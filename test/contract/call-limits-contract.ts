import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import {
  type Answer,
  type Ask,
  type CallLimits,
  type CallLimitsOptions,
  type Permit,
  WAITING_COUNTS_MS,
} from '../../src/store/call-limits.ts';
import { until } from '../support/until.ts';

/** Limits under test, as two replicas see them, with nothing used up. */
export interface LimitsUnderTest {
  readonly here: CallLimits;
  /** Of another replica; the same object where there is only one. */
  readonly there: CallLimits;
  /** Lets so much time pass, or a little more. */
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Short, for limits that can only wait; long, against what the calls themselves take. */
const SHORT_MS = 500;
const MARGIN_MS = 200;
const LONG_MS = 600_000;
const roomy: CallLimitsOptions = {
  concurrency: 100,
  rate: { limit: 100, windowMs: LONG_MS },
  permitMs: LONG_MS,
};

/** What all `CallLimits` promise, seen through the port alone. */
export function describeCallLimits(
  name: string,
  createLimits: (options: CallLimitsOptions) => Promise<LimitsUnderTest>,
): void {
  async function open(t: TestContext, options: Partial<CallLimitsOptions> = {}) {
    const underTest = await createLimits({ ...roomy, ...options });
    t.after(() => underTest.close());
    return underTest;
  }

  describe(`${name} as call limits`, () => {
    test('of many who ask at once on all replicas, as many get a permit as there are', async (t) => {
      const { here, there } = await open(t, { concurrency: 5 });

      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => (index % 2 ? here.enter(ask('a')) : there.enter(ask('b')))),
      );

      assert.equal(answers.filter(({ permit }) => permit).length, 5);
      assert.ok(answers.every((answer) => answer.permit || answer.reason === 'permits'));
    });

    test('a permit that is released is for the next, on any replica', async (t) => {
      const { here, there } = await open(t, { concurrency: 1 });
      const permit = placeOf(await here.enter(ask('a')));
      assert.equal(reasonOf(await there.enter(ask('b'))), 'permits');

      permit.release();
      await untilEntered(there, ask('b'));

      assert.equal(reasonOf(await here.enter(ask('a'))), 'permits');
    });

    test('a permit that is released twice is one permit', async (t) => {
      const { here } = await open(t, { concurrency: 2 });
      const permit = placeOf(await here.enter(ask('a')));
      await here.enter(ask('a'));
      permit.release();
      permit.release();

      await untilEntered(here, ask('a'));
      assert.equal(reasonOf(await here.enter(ask('a'))), 'permits');
    });

    test('whoever waits for a permit hears that one is free', async (t) => {
      const { here, there } = await open(t, { concurrency: 1 });
      const told = listenTo(there);
      // Where listening takes a moment to begin, the first change may not be heard.
      await until(async () => {
        if (told.yet) return true;
        const permit = await untilEntered(here, ask('a'));
        assert.equal(reasonOf(await there.enter(ask('b'))), 'permits');
        permit.release();
        return false;
      });
      placeOf(await there.enter(ask('b')));
    });

    test('a replica hears of its own permits that are free, at once', async (t) => {
      const { here } = await open(t);
      const told = listenTo(here);

      placeOf(await here.enter(ask('a'))).release();

      assert.ok(told.yet);
    });

    test('a permit of a replica that is gone is free after its time, and not earlier', async (t) => {
      const { here, there, advance } = await open(t, { concurrency: 2, permitMs: SHORT_MS });
      placeOf(await here.enter(ask('gone')));

      await advance(SHORT_MS - MARGIN_MS);
      placeOf(await there.enter(ask('b')));
      assert.equal(reasonOf(await there.enter(ask('b'))), 'permits');
      await advance(MARGIN_MS);
      placeOf(await there.enter(ask('b')));
    });

    test('a permit that is released after its time frees nobody else’s', async (t) => {
      const { here, there, advance } = await open(t, { concurrency: 1, permitMs: SHORT_MS });
      const late = placeOf(await here.enter(ask('a')));
      await advance(SHORT_MS);
      placeOf(await there.enter(ask('b')));

      late.release();

      assert.equal(reasonOf(await here.enter(ask('a'))), 'permits');
    });

    test('of many who ask at once on all replicas, no more are counted than the budget has', async (t) => {
      const { here, there } = await open(t, { rate: { limit: 7, windowMs: LONG_MS } });

      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => (index % 2 ? here.enter(ask('a')) : there.enter(ask('b')))),
      );

      assert.equal(answers.filter(({ permit }) => permit).length, 7);
      assert.ok(answers.every((answer) => answer.permit || answer.reason === 'budget'));
    });

    test('a budget has room again when its first call has left the window, and no more than that', async (t) => {
      const { here, there, advance } = await open(t, { rate: { limit: 2, windowMs: SHORT_MS } });
      placeOf(await here.enter(ask('a')));
      await advance(SHORT_MS - MARGIN_MS);
      placeOf(await there.enter(ask('b')));
      const refused = await here.enter(ask('a'));
      assert.ok(!refused.permit && refused.waitMs > 0 && refused.waitMs <= MARGIN_MS);

      await advance(MARGIN_MS);

      placeOf(await here.enter(ask('a')));
      assert.equal(reasonOf(await there.enter(ask('b'))), 'budget');
    });

    test('a call that has ended still counts', async (t) => {
      const { here, there } = await open(t, { rate: { limit: 1, windowMs: LONG_MS } });
      placeOf(await here.enter(ask('a'))).release();

      assert.equal(reasonOf(await there.enter(ask('b'))), 'budget');
    });

    test('a call that was not made after all does not count, and its permit is free', async (t) => {
      const { here, there } = await open(t, { concurrency: 1, rate: { limit: 1, windowMs: LONG_MS } });
      placeOf(await here.enter(ask('a'))).giveBack();

      await untilEntered(there, ask('b'));
    });

    test('calls outside of the budget neither use it nor need it', async (t) => {
      const { here, there } = await open(t, { rate: { limit: 1, windowMs: LONG_MS } });
      for (let i = 0; i < 5; i += 1) placeOf(await here.enter(ask('a', { share: undefined })));
      placeOf(await here.enter(ask('a')));

      placeOf(await there.enter(ask('b', { share: undefined })));
      assert.equal(reasonOf(await there.enter(ask('b'))), 'budget');
    });

    test('whoever may use a share of the budget leaves the rest to others', async (t) => {
      const { here, there } = await open(t, { rate: { limit: 8, windowMs: LONG_MS } });
      for (let i = 0; i < 4; i += 1) placeOf(await here.enter(ask('a', { share: 0.5 })));

      assert.equal(reasonOf(await there.enter(ask('b', { share: 0.5 }))), 'budget');
      placeOf(await there.enter(ask('b', { share: 0.75 })));
    });

    test('a refusal tells how the budget is, for others too', async (t) => {
      const { here, there, advance } = await open(t, {
        concurrency: 2,
        rate: { limit: 4, windowMs: LONG_MS },
      });
      placeOf(await here.enter(ask('a')));
      await advance(SHORT_MS);
      placeOf(await there.enter(ask('b')));

      const refused = await here.enter(ask('a'));
      assert.ok(!refused.permit && refused.reason === 'permits');
      assert.equal(refused.budget.waitMs(1, 0), 0);
      assert.equal(refused.budget.waitMs(1, 1), 0);
      assertAbout(refused.budget.waitMs(1, 2), LONG_MS - SHORT_MS);
      assertAbout(refused.budget.waitMs(1, 3), LONG_MS);
      assertAbout(refused.budget.waitMs(1, 6), 2 * LONG_MS - SHORT_MS);
      assertAbout(refused.budget.waitMs(0.5, 0), LONG_MS - SHORT_MS);
    });

    test('while it is closed, nobody gets a permit on any replica', async (t) => {
      const { here, there, advance } = await open(t);

      await here.closeFor(SHORT_MS);

      for (const limits of [here, there]) {
        const refused = await limits.enter(ask('a', { share: undefined }));
        assert.ok(!refused.permit && refused.reason === 'closed');
        assertAbout(refused.waitMs, SHORT_MS);
      }
      await advance(SHORT_MS);
      placeOf(await there.enter(ask('b')));
    });

    test('a word that closes for less time changes nothing, one for more time does', async (t) => {
      const { here, there } = await open(t);

      await here.closeFor(LONG_MS);
      await there.closeFor(SHORT_MS);
      assert.ok(waitOf(await here.enter(ask('a'))) > SHORT_MS);
      await there.closeFor(2 * LONG_MS);
      assert.ok(waitOf(await here.enter(ask('a'))) > LONG_MS);
    });

    test('whoever waits hears that it was closed', async (t) => {
      const { here, there } = await open(t, { concurrency: 1 });
      const told = listenTo(there);
      placeOf(await here.enter(ask('a')));
      assert.equal(reasonOf(await there.enter(ask('b'))), 'permits');

      let attempts = 0;
      await until(async () => {
        attempts += 1;
        await here.closeFor(attempts * LONG_MS);
        return told.yet;
      });
    });

    test('who was refused a permit is before those of a higher rank on other replicas', async (t) => {
      const { here, there } = await open(t, { concurrency: 1 });
      const permit = placeOf(await here.enter(ask('a')));
      await here.enter(ask('a', { rank: 0 }));
      permit.release();

      assert.equal(reasonOf(await there.enter(ask('b', { rank: 2 }))), 'permits');
      const user = placeOf(await here.enter(ask('a', { rank: 0 })));
      user.release();
      await untilEntered(there, ask('b', { rank: 2 }));
    });

    test('who was refused a permit is not before those of the same rank', async (t) => {
      const { here, there } = await open(t, { concurrency: 1 });
      const permit = placeOf(await here.enter(ask('a')));
      await here.enter(ask('a', { rank: 1 }));
      permit.release();

      await untilEntered(there, ask('b', { rank: 1 }));
    });

    test('who was refused for lack of budget is in nobody’s way', async (t) => {
      const { here, there } = await open(t, { rate: { limit: 1, windowMs: LONG_MS } });
      placeOf(await here.enter(ask('a')));
      assert.equal(reasonOf(await here.enter(ask('a', { rank: 0 }))), 'budget');

      placeOf(await there.enter(ask('b', { rank: 2, share: undefined })));
    });

    test('a replica that waited and is gone is in nobody’s way for long', async (t) => {
      const { here, there, advance } = await open(t, { concurrency: 1 });
      const permit = placeOf(await here.enter(ask('a')));
      await here.enter(ask('gone', { rank: 0 }));
      permit.release();
      await advance(MARGIN_MS);
      assert.equal(reasonOf(await there.enter(ask('b', { rank: 2 }))), 'permits');

      await advance(WAITING_COUNTS_MS - MARGIN_MS);

      placeOf(await there.enter(ask('b', { rank: 2 })));
    });
  });
}

function ask(by: string, given: { rank?: number; share?: number | undefined } = {}): Ask {
  return { by, rank: 0, share: 1, ...given };
}

function placeOf(answer: Answer): Permit {
  assert.ok(answer.permit, `refused: ${JSON.stringify(answer)}`);
  return answer.permit;
}

function reasonOf(answer: Answer): string | undefined {
  return answer.permit ? undefined : answer.reason;
}

function waitOf(answer: Answer): number {
  return answer.permit ? 0 : answer.waitMs;
}

function listenTo(limits: CallLimits): { yet: boolean } {
  const told = { yet: false };
  limits.onChange(() => {
    told.yet = true;
  });
  return told;
}

/** Gets in, as soon as what was released by another connection has arrived. */
async function untilEntered(limits: CallLimits, asked: Ask): Promise<Permit> {
  let permit: Permit | undefined;
  await until(async () => {
    ({ permit } = await limits.enter(asked));
    return permit !== undefined;
  });
  return permit as unknown as Permit;
}

function assertAbout(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < MARGIN_MS, `${actual} is not about ${expected}`);
}
