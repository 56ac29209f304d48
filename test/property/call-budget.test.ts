import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { createCallBudget } from '../../src/store/call-budget.ts';

const rates = fc.record({
  limit: fc.integer({ min: 1, max: 12 }),
  windowMs: fc.constantFrom(10, 1_000, 60_000),
});
/** Pauses between calls, as parts of the window; many of them nothing. */
const pauses = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1.5, noNaN: true })), {
  maxLength: 60,
});

it('whoever calls when told that they may, there are never more calls than the limit in any window', () => {
  fc.assert(
    fc.property(rates, pauses, (rate, parts) => {
      let now = 1_000_000;
      const budget = createCallBudget(rate, () => now);
      const spentAt: number[] = [];
      for (const part of parts) {
        now += Math.floor(part * rate.windowMs);
        if (budget.waitMs(1, 0) > 0) continue;
        budget.spend();
        spentAt.push(now);
      }
      for (const start of spentAt) {
        const inWindow = spentAt.filter((time) => time >= start && time < start + rate.windowMs);
        assert.ok(inWindow.length <= rate.limit, `${inWindow.length} calls from ${start} on`);
      }
    }),
  );
});

it('whoever is told to wait may call when that time has passed, and not a millisecond earlier', () => {
  fc.assert(
    fc.property(rates, pauses, fc.integer({ min: 0, max: 40 }), (rate, parts, ahead) => {
      let now = 1_000_000;
      const budget = createCallBudget(rate, () => now);
      for (const part of parts) {
        now += Math.floor(part * rate.windowMs);
        if (budget.waitMs(1, 0) === 0) budget.spend();
      }
      const told = now + budget.waitMs(1, ahead);
      // Those ahead call as early as they may; then it is our turn.
      for (let i = 0; i < ahead; i += 1) {
        now += budget.waitMs(1, 0);
        budget.spend();
      }
      assert.equal(now + budget.waitMs(1, 0), told);
    }),
  );
});
