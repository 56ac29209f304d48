import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DayFigures, playDay } from './day.ts';
import { fewestMints } from './fewest-mints.ts';
import { type DayEvent, dayOf, seededRandom, WORKING_DAY } from './trace.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const TOKEN_LIFE_MS = 6 * HOUR;
const BUDGET = 90;

function assertGood(day: DayFigures): void {
  assert.deepEqual(day.refused, {});
  assert.equal(day.throttled, 0);
  assert.ok(day.callsPerMinute <= BUDGET, `${day.callsPerMinute} calls in a minute`);
  const ratio = day.mints / day.fewestMints;
  assert.ok(ratio >= 1 && ratio <= 1.03, `${day.mints} mints for ${day.fewestMints}`);
}

test('given a day of 3,000 users on three replicas, nobody is refused, and each token is minted about once', async () => {
  const newUsersPerMinute = WORKING_DAY.newUsersPerMinute.map((users) => users / 12);
  const day = await playDay({
    plan: { ...WORKING_DAY, newUsersPerMinute },
    replicas: 3,
    tokenLifeMs: TOKEN_LIFE_MS,
    seed: 7,
  });
  assert.equal(day.users, 3_000);
  assertGood(day);
});

test('given the peak, 75 new users a minute on three replicas, nobody is refused', async () => {
  const day = await playDay({
    plan: { ...WORKING_DAY, newUsersPerMinute: [75] },
    replicas: 3,
    tokenLifeMs: TOKEN_LIFE_MS,
    seed: 7,
  });
  assert.equal(day.users, 4_500);
  assertGood(day);
});

test('given more users than the tenant has mints for, the budget is kept, and some are refused for it', async () => {
  const day = await playDay({
    plan: { ...WORKING_DAY, newUsersPerMinute: [150], meanSessionMs: MINUTE },
    replicas: 3,
    tokenLifeMs: TOKEN_LIFE_MS,
    seed: 7,
  });
  const refused = { tenant_throttled: 0, tenant_unavailable: 0, ...day.refused };
  assert.deepEqual(Object.keys(refused), ['tenant_throttled', 'tenant_unavailable']);
  assert.ok(refused.tenant_throttled > refused.tenant_unavailable, 'most are told at once');
  assert.equal(day.throttled, 0);
  // They are all new, and leave a tenth to those who are not.
  assert.equal(day.callsPerMinute, 0.9 * BUDGET);
  assert.ok(day.longestWaitMs <= 8_500, `waited ${day.longestWaitMs} ms`);
});

test('the same seed makes the same day', () => {
  const plan = { ...WORKING_DAY, newUsersPerMinute: [1, 2] };
  assert.deepEqual(dayOf(plan, seededRandom(1)), dayOf(plan, seededRandom(1)));
  assert.notDeepEqual(dayOf(plan, seededRandom(1)), dayOf(plan, seededRandom(2)));
});

test('a day is in order, has all its users, and no more new ones in any minute than its busiest hour', () => {
  const events = dayOf(WORKING_DAY, seededRandom(1));
  assert.ok(events.every(({ at }, index) => at >= (events[index - 1]?.at ?? 0)));
  const first = new Map<number, number>();
  for (const { at, user } of events) if (!first.has(user)) first.set(user, at);
  assert.equal(first.size, 36_000);
  const arrivals = [...first.values()];
  arrivals.forEach((at, index) => {
    // One more where the minute begins just before one and ends just after another.
    assert.ok((arrivals[index + 76] ?? Number.POSITIVE_INFINITY) > at + MINUTE - 1_000);
  });
  const sessions = new Set(events.map(({ session }) => session)).size;
  const askedMs = events.filter(({ what }) => what === 'ask').length * WORKING_DAY.askEveryMs;
  assert.ok(Math.abs(askedMs / sessions - 45 * MINUTE) < 5 * MINUTE, 'about 45 minutes each');
});

const of = (at: number, what: DayEvent['what'], session = 1, user = 1) => ({ at, what, session, user });
const terms = { usableMs: 100, idleMs: 30 };
const least: [string, DayEvent[], number][] = [
  ['a user who asks often while a token lives', [of(0, 'ask'), of(50, 'ask'), of(99, 'ask')], 1],
  ['a user who asks when the token has ended', [of(0, 'ask'), of(100, 'ask')], 2],
  ['two users', [of(0, 'ask'), of(0, 'ask', 2, 2)], 2],
  ['a sign-out and another session', [of(0, 'ask'), of(10, 'sign-out'), of(20, 'ask', 2)], 2],
  ['a session that ends without a sign-out', [of(0, 'ask'), of(50, 'ask', 2)], 1],
  [
    'a sign-out while another session goes on',
    [of(0, 'ask'), of(5, 'ask', 2), of(10, 'sign-out'), of(20, 'ask', 2)],
    1,
  ],
  [
    'a sign-out while another session has ended by itself',
    [of(0, 'ask', 2), of(5, 'ask'), of(40, 'sign-out'), of(50, 'ask', 3)],
    2,
  ],
  ['a sign-in without a request', [of(0, 'sign-in')], 0],
];
for (const [what, events, mints] of least) {
  test(`given ${what}, the fewest mints are ${mints}`, () => {
    assert.equal(fewestMints(events, terms), mints);
  });
}
