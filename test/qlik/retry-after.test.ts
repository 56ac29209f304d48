import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readRetryAfterMs } from '../../src/qlik/retry-after.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');

const cases: [string, { 'retry-after'?: unknown; date?: unknown }, number | undefined][] = [
  ['absent', {}, undefined],
  ['13 seconds', { 'retry-after': '13' }, 13_000],
  ['blanks around', { 'retry-after': ' 13 ' }, 13_000],
  ['0, which is rounded up', { 'retry-after': '0' }, 1_000],
  ['negative', { 'retry-after': '-13' }, undefined],
  ['a fraction', { 'retry-after': '1.5' }, undefined],
  ['hexadecimal', { 'retry-after': '0x10' }, undefined],
  ['an exponent', { 'retry-after': '1e3' }, undefined],
  ['garbage', { 'retry-after': 'soon' }, undefined],
  ['empty', { 'retry-after': '' }, undefined],
  ['given twice', { 'retry-after': ['1', '2'] }, undefined],
  ['a number instead of text', { 'retry-after': 13 }, undefined],
  ['a date', { 'retry-after': 'Thu, 01 Jan 2026 12:00:30 GMT' }, 30_000],
  ['a date that is past', { 'retry-after': 'Thu, 01 Jan 2026 11:59:30 GMT' }, undefined],
  ['a date that is now', { 'retry-after': 'Thu, 01 Jan 2026 12:00:00 GMT' }, undefined],
  [
    'a date of a tenant whose clock is ten minutes ahead',
    { 'retry-after': 'Thu, 01 Jan 2026 12:10:30 GMT', date: 'Thu, 01 Jan 2026 12:10:00 GMT' },
    30_000,
  ],
  [
    'a date of a tenant whose clock is ten minutes behind',
    { 'retry-after': 'Thu, 01 Jan 2026 11:50:30 GMT', date: 'Thu, 01 Jan 2026 11:50:00 GMT' },
    30_000,
  ],
  [
    'a date, with a Date that is garbage',
    { 'retry-after': 'Thu, 01 Jan 2026 12:00:30 GMT', date: 'yesterday' },
    30_000,
  ],
  ['a year, which is believed for ten minutes', { 'retry-after': '31536000' }, 600_000],
  ['a number beyond all numbers', { 'retry-after': '9'.repeat(400) }, 600_000],
  ['a date in a thousand years', { 'retry-after': 'Sat, 01 Jan 3026 12:00:00 GMT' }, 600_000],
];
for (const [what, headers, expected] of cases) {
  it(`Retry-After: ${what}`, () => {
    assert.equal(readRetryAfterMs(headers, NOW), expected);
  });
}
