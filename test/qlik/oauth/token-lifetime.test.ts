import assert from 'node:assert/strict';
import { it } from 'node:test';
import { safeLifetimeMs } from '../../../src/qlik/oauth/token-lifetime.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNKNOWN = 5 * MINUTE;
const NOW = Date.parse('2026-01-01T12:00:00Z');
const seconds = (ms: number) => ms / 1_000;

const answers: [string, { expires_in?: unknown; expires_at?: unknown }, number][] = [
  ['expires_in', { expires_in: 21_600 }, 6 * HOUR],
  ['expires_in as text', { expires_in: '3600' }, HOUR],
  ['expires_in and expires_at, of which the first counts', { expires_in: 60, expires_at: at(HOUR) }, MINUTE],
  ['expires_at only', { expires_at: at(2 * HOUR) }, 2 * HOUR],
  ['neither', {}, UNKNOWN],
  ['expires_in of 0 and expires_at', { expires_in: 0, expires_at: at(HOUR) }, HOUR],
  ['expires_in of 0', { expires_in: 0 }, UNKNOWN],
  ['a negative expires_in', { expires_in: -1 }, UNKNOWN],
  ['expires_in of 1e12', { expires_in: 1e12 }, DAY],
  ['expires_in that is no number', { expires_in: Number.NaN }, UNKNOWN],
  ['expires_in without end', { expires_in: Number.POSITIVE_INFINITY }, UNKNOWN],
  ['expires_in of null', { expires_in: null }, UNKNOWN],
  ['expires_in as an array', { expires_in: [3_600] }, UNKNOWN],
  ['expires_in as an object', { expires_in: { valueOf: () => 3_600 } }, UNKNOWN],
  ['expires_in of true', { expires_in: true }, UNKNOWN],
  ['expires_in as empty text', { expires_in: '' }, UNKNOWN],
  ['expires_in as other text', { expires_in: '1e5' }, UNKNOWN],
  ['expires_at that is past', { expires_at: at(-HOUR) }, UNKNOWN],
  ['expires_at that is no date', { expires_at: 'tomorrow' }, UNKNOWN],
  ['expires_at as a number', { expires_at: seconds(NOW + HOUR) }, UNKNOWN],
  ['expires_at in a hundred years', { expires_at: at(36_500 * DAY) }, DAY],
];
for (const [what, answer, expected] of answers) {
  it(`given ${what}, an opaque token lives ${expected / MINUTE} minutes`, () => {
    assert.equal(safeLifetimeMs(answer, {}, NOW), expected);
  });
}

const claims: [string, { exp?: unknown; iat?: unknown }, number][] = [
  ['an exp earlier than expires_in', { iat: seconds(NOW), exp: seconds(NOW + HOUR) }, HOUR],
  ['an exp later than expires_in', { iat: seconds(NOW), exp: seconds(NOW + 9 * HOUR) }, 6 * HOUR],
  ['an exp without iat', { exp: seconds(NOW + HOUR) }, HOUR],
  ['an exp before its iat', { iat: seconds(NOW), exp: seconds(NOW - HOUR) }, 0],
  ['an exp of 1970', { exp: 1 }, 0],
  ['an exp without an end', { exp: Number.POSITIVE_INFINITY }, 6 * HOUR],
  ['an exp that is no number', { exp: 'soon' }, 6 * HOUR],
];
for (const [what, said, expected] of claims) {
  it(`given ${what}, the token lives ${expected / HOUR} hours`, () => {
    assert.equal(safeLifetimeMs({ expires_in: 21_600 }, said, NOW), expected);
  });
}

it('given only the token’s own exp, that counts', () => {
  assert.equal(safeLifetimeMs({}, { iat: seconds(NOW), exp: seconds(NOW + HOUR) }, NOW), HOUR);
});

it('given a token whose clock is not the tenant’s, its exp is read against its iat', () => {
  const [iat, exp] = [seconds(NOW + 600_000), seconds(NOW + 600_000 + HOUR)];
  assert.equal(safeLifetimeMs({ expires_in: 21_600 }, { iat, exp }, NOW), HOUR);
});

function at(ms: number): string {
  return new Date(NOW + ms).toISOString();
}
