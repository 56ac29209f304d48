import assert from 'node:assert/strict';
import { it } from 'node:test';
import { reduced } from '../../../src/sandbox/engine/section-access.ts';

const table = {
  fields: ['Region', 'Sales'],
  rows: [
    ['North', 1],
    ['South', 2],
    ['East', 4],
  ],
};

const access = {
  field: 'Region',
  rules: [
    { user: 'ada', group: '*', value: 'North' },
    { user: '*', group: 'Sellers', value: 'South' },
    { user: 'chiyo', group: 'Board', value: '*' },
  ],
};

const regions = (subject: string, ...groups: string[]) =>
  reduced(table, access, { subject, groups })?.rows.map(([region]) => region);

it('shows a user the values of the rules for the user and for the groups of the user', () => {
  assert.deepEqual(regions('ada'), ['North']);
  assert.deepEqual(regions('bruno', 'Sellers'), ['South']);
  assert.deepEqual(regions('ada', 'Sellers'), ['North', 'South']);
});

it('shows everything where the value is a star, if user and group both fit', () => {
  assert.deepEqual(regions('chiyo', 'Board'), ['North', 'South', 'East']);
  assert.equal(regions('dana', 'Board'), undefined);
});

it('shows nobody anything whom no rule names', () => {
  assert.equal(regions('erik'), undefined);
  assert.equal(regions('*'), undefined);
  assert.equal(regions('ADA'), undefined);
});
