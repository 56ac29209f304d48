import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ToldUser } from '../../src/portal/told-user.ts';
import { createVerifiedTokens } from '../../src/portal/verified-tokens.ts';
import { heapUsed } from '../support/heap-used.ts';

/** A user whose tokens can be told from nothing by what they take. */
function told(n: number): ToldUser {
  const value = [Buffer.alloc(100_000, n).toString('latin1')];
  return {
    ...{ id: `${n}`, tenant: undefined, name: undefined, email: undefined, groups: { value } },
    ...{ claims: {}, holds: () => false, told: [], missingForEmail: undefined },
  };
}

test('tokens that are over are dropped when others come, whichever came first', () => {
  let time = 0;
  const tokens = createVerifiedTokens({ generation: () => 1, now: () => time });
  const remember = (n: number, untilMs: number) =>
    tokens.remember(`${n}`, { told: told(n), untilMs, generation: 1 });
  const empty = heapUsed();
  remember(0, 10_000);
  for (let n = 1; n < 100; n += 1) remember(n, 1_000);
  assert.ok(heapUsed() - empty > 8_000_000, 'the probe sees what is held');
  time = 1_000;
  const other = told(100);
  for (let n = 100; n < 200; n += 1) tokens.remember(`${n}`, { told: other, untilMs: 10_000, generation: 1 });
  assert.ok(heapUsed() - empty < 2_000_000, 'what is over is still held');
  assert.equal(tokens.find('0')?.id, '0');
});

test('for a token that is over, no keys are asked for', () => {
  let asked = 0;
  let time = 0;
  const tokens = createVerifiedTokens({
    generation() {
      asked += 1;
      return 1;
    },
    now: () => time,
  });
  tokens.remember('a', { told: told(1), untilMs: 1_000, generation: 1 });
  time = 999;
  assert.ok(tokens.find('a'));
  assert.equal(asked, 1);
  time = 1_000;
  assert.equal(tokens.find('a'), undefined);
  assert.equal(asked, 1);
});
