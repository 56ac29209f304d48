import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { safeLifetimeMs } from '../../src/qlik/oauth/token-lifetime.ts';
import { readRetryAfterMs } from '../../src/qlik/retry-after.ts';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-01-01T00:00:00Z');

const anything = fc.oneof(
  fc.constantFrom(undefined, null, true, '', ' ', '3600', '-1', '1e3', 'NaN', [], [3600], {}, '2026-01-01'),
  fc.constantFrom(0, -1, 1, 3_600, 1e12, 1e308, Number.NaN, Number.POSITIVE_INFINITY, Number.MIN_VALUE),
  fc.double(),
  fc.string(),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
);

it('whatever a tenant says, a token’s lifetime is at most a day, and nothing only by its own exp', () => {
  fc.assert(
    fc.property(anything, anything, anything, anything, (expires_in, expires_at, exp, iat) => {
      const lifetimeMs = safeLifetimeMs({ expires_in, expires_at }, { exp, iat }, NOW);
      assert.ok(lifetimeMs >= 0 && lifetimeMs <= DAY_MS, String(lifetimeMs));
      if (lifetimeMs > 0) return;
      assert.ok(safeLifetimeMs({ expires_in, expires_at }, { iat }, NOW) > 0);
    }),
    { numRuns: 5_000 },
  );
});

it('whatever a Retry-After says, it is a time that can be waited for, or nothing', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        anything,
        fc.bigInt().map(String),
        fc.string({ unit: fc.constantFrom(...'0123456789+-:., TZGM') }),
      ),
      anything,
      (value, date) => {
        const waitMs = readRetryAfterMs({ 'retry-after': value, date }, NOW);
        assert.ok(waitMs === undefined || (waitMs > 0 && waitMs <= DAY_MS), String(waitMs));
      },
    ),
    { numRuns: 5_000 },
  );
});
