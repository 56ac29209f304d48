import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createCallBudget } from '../../src/store/call-budget.ts';

function createBench(limit: number, windowMs: number) {
  const time = { now: 1_000_000 };
  const budget = createCallBudget({ limit, windowMs }, () => time.now);
  const spend = (calls: number) => {
    for (let i = 0; i < calls; i += 1) budget.spend();
  };
  return { time, budget, spend };
}

it('given calls left in the window, none has to wait', () => {
  const { budget, spend } = createBench(3, 60_000);
  spend(2);
  assert.equal(budget.waitMs(1, 0), 0);
});

it('given a window that is full, the next waits until its first call has left it', () => {
  const { budget, spend, time } = createBench(3, 60_000);
  spend(1);
  time.now += 10_000;
  spend(2);
  time.now += 5_000;
  assert.equal(budget.waitMs(1, 0), 45_000);
  time.now += 44_999;
  assert.equal(budget.waitMs(1, 0), 1);
  time.now += 1;
  assert.equal(budget.waitMs(1, 0), 0);
});

it('given a full minute that begins, nothing is free again: the window slides', () => {
  const { budget, spend, time } = createBench(3, 60_000);
  time.now = 1_020_000 - 1; // A full minute begins a millisecond later.
  spend(3);
  time.now += 2;
  assert.equal(budget.waitMs(1, 0), 59_998);
});

it('given others in front, the wait is for the place after theirs', () => {
  const { budget, spend, time } = createBench(3, 60_000);
  spend(1);
  time.now += 10_000;
  spend(1);
  assert.equal(budget.waitMs(1, 0), 0);
  assert.equal(budget.waitMs(1, 1), 50_000);
  assert.equal(budget.waitMs(1, 2), 60_000);
});

it('given so many in front that they fill the next windows, the wait is as many windows longer', () => {
  const { budget } = createBench(3, 60_000);
  assert.equal(budget.waitMs(1, 2), 0);
  assert.equal(budget.waitMs(1, 3), 60_000);
  assert.equal(budget.waitMs(1, 5), 60_000);
  assert.equal(budget.waitMs(1, 6), 120_000);
  assert.equal(budget.waitMs(1, 3_000), 60_000_000);
});

it('given a full window and many in front, the wait is reckoned from when its calls leave it', () => {
  const { budget, spend, time } = createBench(2, 60_000);
  spend(1);
  time.now += 10_000;
  spend(1);
  assert.equal(budget.waitMs(1, 0), 50_000);
  assert.equal(budget.waitMs(1, 1), 60_000);
  assert.equal(budget.waitMs(1, 2), 110_000);
  assert.equal(budget.waitMs(1, 3), 120_000);
});

it('given a share, only that part of the limit counts', () => {
  const { budget, spend } = createBench(8, 60_000);
  spend(4);
  assert.equal(budget.waitMs(0.5, 0), 60_000);
  assert.equal(budget.waitMs(0.75, 0), 0);
});

it('given a limit of one, each share still has one call', () => {
  const { budget, spend } = createBench(1, 60_000);
  assert.equal(budget.waitMs(0.5, 0), 0);
  spend(1);
  assert.equal(budget.waitMs(0.5, 0), 60_000);
});
