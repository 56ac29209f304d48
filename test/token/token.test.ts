import assert from 'node:assert/strict';
import { it } from 'node:test';
import { keepToken, remainingMs } from '../../src/token/token.ts';

const MINUTE = 60_000;
const NOW = 1_000_000;

function keep(lifetimeMs: number, random: number) {
  const issued = { accessToken: 'token', scope: 'user_default', scopes: [], lifetimeMs, subject: 'ada' };
  return keepToken(issued, 'generation', NOW, 10 * MINUTE, random, 0);
}

it('a token ends its lifetime after the request for it', () => {
  assert.equal(keep(360 * MINUTE, 0).expiresAt, NOW + 360 * MINUTE);
  assert.equal(remainingMs(keep(360 * MINUTE, 0), NOW + MINUTE), 359 * MINUTE);
});

it('a long token is renewed from ten to six minutes before its end', () => {
  assert.equal(keep(360 * MINUTE, 0).renewAt, NOW + 350 * MINUTE);
  assert.equal(keep(360 * MINUTE, 1).renewAt, NOW + 354 * MINUTE);
});

it('a token that lives shorter than twice that span is renewed in the second half of its life', () => {
  assert.equal(keep(10 * MINUTE, 0).renewAt, NOW + 5 * MINUTE);
  assert.equal(keep(10 * MINUTE, 1).renewAt, NOW + 7 * MINUTE);
});

it('tokens that end together are renewed at times spread evenly over the span', () => {
  const times = Array.from({ length: 1_000 }, (_, i) => keep(360 * MINUTE, i / 1_000).renewAt);
  const perMinute = [350, 351, 352, 353].map(
    (minute) => times.filter((time) => Math.floor((time - NOW) / MINUTE) === minute).length,
  );
  assert.deepEqual(perMinute, [250, 250, 250, 250]);
});

it('a token keeps what was issued, and nothing of the user', () => {
  assert.deepEqual(Object.keys(keep(MINUTE, 0)).sort(), [
    'accessToken',
    'expiresAt',
    'expiresAtText',
    'generation',
    'renewAt',
    'scope',
  ]);
});

for (const lifetimeMs of [0, -MINUTE]) {
  it(`a token issued with ${lifetimeMs} ms has nothing left`, () => {
    assert.ok(remainingMs(keep(lifetimeMs, 0.5), NOW) <= 0);
  });
}
