import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock, wallAheadMs } from '../../src/lib/clock.ts';

// Guards against a server of time that sets the machine back, and everything with it.
test('the clock goes on when the calendar is set, and the calendar is what the machine says', (t) => {
  const [before, today] = [systemClock.now(), Date.now()];
  t.mock.method(Date, 'now', () => today - 3_600_000);
  assert.ok(systemClock.now() >= before);
  assert.equal(systemClock.wall(), today - 3_600_000);
  assert.ok(wallAheadMs(systemClock) <= -3_500_000);
});

test('the clock starts near the calendar, in whole milliseconds', () => {
  assert.ok(Math.abs(wallAheadMs(systemClock)) < 3_600_000);
  assert.ok(Number.isInteger(systemClock.now()));
});
