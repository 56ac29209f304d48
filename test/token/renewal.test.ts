import assert from 'node:assert/strict';
import { it } from 'node:test';
import { settle } from '../support/manual-clock.ts';
import { faults, hang, SIX_HOURS_MS } from '../tenant/fake-issuer.ts';
import {
  type BenchOptions,
  createTokenBench,
  follow,
  outcomeOf,
  subjectOf,
  type TokenBench,
} from './token-bench.ts';

const ada = subjectOf('ada');
const MINUTE = 60_000;

/** A bench that holds `token-1` for ada, with so much left of its six hours. */
async function withRemaining(leftMs: number, options?: BenchOptions): Promise<TokenBench> {
  const bench = createTokenBench(options);
  await bench.tokens.obtain(ada, bench.within());
  await bench.clock.advance(SIX_HOURS_MS - leftMs);
  return bench;
}

it('given a token before its last ten minutes, it is not renewed', async () => {
  const { tokens, issuer } = await withRemaining(10 * MINUTE + 1, { random: () => 0 });
  tokens.cached(ada);
  await settle();
  assert.equal(issuer.of('mint').length, 1);
});

it('given a token in its last ten minutes, it is handed out at once and renewed behind the answer', async () => {
  const { tokens, issuer } = await withRemaining(5 * MINUTE);
  assert.equal(tokens.cached(ada)?.accessToken, 'token-1');
  await settle();
  assert.equal(issuer.of('mint').length, 2);
  assert.equal(tokens.cached(ada)?.accessToken, 'token-2');
});

it('given a renewal under way, no second one begins', async () => {
  const { tokens, issuer, clock, within } = await withRemaining(5 * MINUTE);
  issuer.script = hang;
  for (let i = 0; i < 50; i += 1) {
    tokens.cached(ada);
    follow(tokens.obtain(ada, within()));
    await clock.advance(50);
  }
  assert.equal(issuer.of('mint').length, 2);
});

it('given a renewal that fails, the old token stays', async () => {
  const { tokens, issuer } = await withRemaining(5 * MINUTE);
  issuer.script = (call) => call.fail(faults.permanent());
  tokens.cached(ada);
  await settle();
  assert.equal(tokens.cached(ada)?.accessToken, 'token-1');
  assert.equal(tokens.size, 1);
});

it('given a renewal that fails, it is tried again, but not at every request', async () => {
  const { tokens, issuer, clock } = await withRemaining(5 * MINUTE);
  issuer.script = (call) => call.fail(faults.permanent());
  for (let second = 0; second < 59; second += 1) {
    tokens.cached(ada);
    await clock.advance(1_000);
  }
  assert.equal(issuer.of('mint').length, 2);
  issuer.script = (call) => call.succeed();
  await clock.advance(2_000);
  tokens.cached(ada);
  await settle();
  assert.equal(tokens.cached(ada)?.accessToken, 'token-2');
});

it('given renewals that failed together, their next tries are spread over a minute', async () => {
  let draws = 0;
  const random = () => {
    draws += 1;
    return (draws % 100) / 100;
  };
  const { tokens, issuer, clock, within } = createTokenBench({ random });
  const users = Array.from({ length: 100 }, (_, i) => subjectOf(`user-${i}`));
  for (const user of users) await tokens.obtain(user, within());
  await clock.advance(SIX_HOURS_MS - 5 * MINUTE);
  issuer.script = (call) => call.fail(faults.unauthorized());
  for (const user of users) tokens.cached(user);
  await settle();
  const before = issuer.of('mint').length;
  issuer.script = (call) => call.succeed();
  const perSecond: number[] = [];
  for (let second = 0; second < 90; second += 1) {
    const seen = issuer.of('mint').length;
    await clock.advance(1_000);
    for (const user of users) tokens.cached(user);
    await settle();
    perSecond.push(issuer.of('mint').length - seen);
  }
  assert.equal(issuer.of('mint').length - before, 100);
  assert.ok(Math.max(...perSecond) <= 5, `at most a few each second, but ${Math.max(...perSecond)}`);
});

it('given a token with exactly the minimum left, it is still handed out', async () => {
  const { tokens, issuer } = await withRemaining(MINUTE, { minRemainingMs: MINUTE });
  issuer.script = hang;
  assert.equal(tokens.cached(ada)?.accessToken, 'token-1');
});

it('given a token with less than the minimum left, it is not handed out', async () => {
  const { tokens, issuer, within } = await withRemaining(MINUTE - 1, { minRemainingMs: MINUTE });
  issuer.script = hang;
  assert.equal(tokens.cached(ada), undefined);
  assert.equal((await outcomeOf(tokens.obtain(ada, within()))).state, 'pending');
  assert.equal(issuer.of('mint').length, 2);
});

it('given a token that runs out while its renewal waits behind others, the renewal goes first and is not doubled', async () => {
  const bench = await withRemaining(MINUTE + 1_000, { concurrency: 1 });
  const { tokens, issuer, clock, within } = bench;
  await tokens.obtain(subjectOf('bruno'), within());
  issuer.script = hang;
  follow(tokens.obtain(subjectOf('slow'), within()));
  await settle();
  tokens.cached(ada);
  await clock.advance(1_001);
  const waiting = follow(tokens.obtain(ada, within()));
  await settle();
  for (const call of issuer.of('mint', 'slow')) call.succeed();
  await settle();
  assert.equal(issuer.of('mint', 'ada').length, 2);
  issuer.of('mint', 'ada')[1]?.succeed();
  await settle();
  assert.equal(issuer.owners.get(waiting.value?.accessToken ?? ''), 'ada');
});

it('given a token that runs out while the budget has no room for its renewal, its mint uses the part kept for users', async () => {
  const bench = createTokenBench({ budget: { limit: 4, windowMs: MINUTE } });
  const { tokens, issuer, events, clock, within } = bench;
  await tokens.obtain(ada, within());
  await clock.advance(SIX_HOURS_MS - MINUTE - 30_000);
  for (const user of ['a', 'b', 'c']) await tokens.obtain(subjectOf(user), within());
  await clock.advance(1);
  tokens.cached(ada);
  await clock.advance(30_000);
  assert.equal(issuer.of('mint', 'ada').length, 1);
  assert.deepEqual(
    events.filter(({ type }) => type === 'token.mint_failed'),
    [],
  );
  const { value } = await outcomeOf(tokens.obtain(ada, within()));
  assert.equal(issuer.owners.get(value?.accessToken ?? ''), 'ada');
  assert.equal(issuer.of('mint', 'ada').length, 2);
});

// Guards against a renewal time so late that the page's next question comes when too little is left.
it('given a page that asks every five minutes, it never waits, whatever its minute and the chance', async () => {
  for (const random of [0, 0.5, 0.9, 0.999_999]) {
    for (let phase = 0; phase < 5 * MINUTE; phase += 15_000) {
      const { tokens, clock } = await withRemaining(15 * MINUTE - phase, { random: () => random });
      for (let asked = 0; asked < 4; asked += 1) {
        assert.ok(tokens.cached(ada), `chance ${random}, phase ${phase / 1_000} s, question ${asked}`);
        await clock.advance(5 * MINUTE);
      }
    }
  }
});

it('given 1,000 tokens that end in the same second, they are renewed bit by bit and nobody waits', async () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const bench = createTokenBench({ random, budget: { limit: 300, windowMs: MINUTE }, concurrency: 8 });
  const { tokens, issuer, clock, within } = bench;
  const end = clock.now() + SIX_HOURS_MS;
  issuer.script = (call) => call.succeed({ lifetimeMs: end - clock.now() });
  const users = Array.from({ length: 1_000 }, (_, i) => subjectOf(`user-${i}`));
  for (const [i, user] of users.entries()) {
    await tokens.obtain(user, within());
    if (i % 100 === 99) await clock.advance(MINUTE);
  }
  await clock.advance(end - 11 * MINUTE - clock.now());
  issuer.script = (call) => call.succeed();
  const begun = clock.now();
  const before = issuer.calls.length;
  for (let second = 0; clock.now() < end; second += 1) {
    // Each page asks once a minute, at a second of its own.
    for (let i = second % 60; i < users.length; i += 60) {
      assert.ok(tokens.cached(users[i] as (typeof users)[number]), `user ${i} would have to wait`);
    }
    await clock.advance(1_000);
  }
  const perMinute: number[] = Array.from({ length: 11 }, () => 0);
  for (const { at } of issuer.calls.slice(before)) {
    const minute = Math.floor((at - begun) / MINUTE);
    perMinute[minute] = (perMinute[minute] as number) + 1;
  }
  assert.equal(issuer.calls.length - before, 1_000);
  assert.ok(Math.max(...perMinute) <= 225, `at most three quarters of the budget a minute: ${perMinute}`);
});
