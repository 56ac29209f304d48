import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ExpressionError, readExpression } from '../../../src/sandbox/engine/expression.ts';

const table = {
  fields: ['Region', 'Sales', 'Net sales'],
  rows: [
    ['North', 10, 8],
    ['South', 30, 25],
    ['South', 20, 15],
  ],
};

const value = (source: string) => readExpression(source, table)(table.rows);

it('aggregates a field over the rows', () => {
  assert.equal(value('Sum(Sales)'), 60);
  assert.equal(value('Count(Region)'), 3);
  assert.equal(value('Count(distinct Region)'), 2);
  assert.equal(value('Avg(Sales)'), 20);
  assert.equal(value('Min(Sales)'), 10);
  assert.equal(value('max([Net sales])'), 25);
});

it('calculates with aggregates and numbers, multiplication first', () => {
  assert.equal(value('=1 + 2 * 3'), 7);
  assert.equal(value('(1 + 2) * -3'), -9);
  assert.equal(value('Sum(Sales) / Count(Sales) - 0.5'), 19.5);
  assert.equal(value('10 - 2 - 3'), 5);
});

it('has no value for a division by zero, or for the average of texts', () => {
  assert.ok(Number.isNaN(value('1 / 0')));
  assert.ok(Number.isNaN(value('Avg(Region)')));
});

for (const [source, reason] of [
  ['', /"the end" is not Sum/],
  ['Sum(Profit)', /Bad field name "Profit"/],
  ['Sum(sales)', /Bad field name "sales"/],
  ['Sum(Sales', /Expected "\)"/],
  ['Sum Sales', /Expected "\("/],
  ['Median(Sales)', /"Median" is not Sum/],
  ['constructor(Sales)', /"constructor" is not Sum/],
  ['Sum(Sales) Sum(Sales)', /Unexpected "Sum"/],
  ['1 +', /"the end" is not Sum/],
  ['Sum({<Region={"North"}>} Sales)', /Cannot read "\{/],
  [`${'('.repeat(2_000)}1`, /too long/],
] as const) {
  it(`says what is wrong with ${source.slice(0, 32) || 'nothing at all'}`, () => {
    assert.throws(
      () => readExpression(source, table),
      (error: Error) => error instanceof ExpressionError && reason.test(error.message),
    );
  });
}
