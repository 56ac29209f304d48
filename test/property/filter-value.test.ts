import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { filterValue } from '../../src/qlik/resources/filter-value.ts';
import { findUsersRequest } from '../../src/qlik/resources/users.ts';
import { parseFilter } from '../../src/sandbox/scim-filter.ts';

const ATTRIBUTES = { subject: ['eq', 'co'], email: ['eq', 'co'], status: ['eq'], id: ['eq'] } as const;

/** Texts that try to get out of their quotes, among others. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('"', '\\', ' ', 'x', '%22', '(', ')', 'or', 'status eq "active"', '\n', '\u2028'),
  }),
);

test('a filter value means exactly the text that it was made of, whatever that is', () => {
  fc.assert(
    fc.property(text, text, (value, other) => {
      const matches = parseFilter(`subject eq ${filterValue(value)}`, ATTRIBUTES);
      assert.ok(matches(() => value));
      assert.equal(
        matches(() => other),
        other.toLowerCase() === value.toLowerCase(),
      );
    }),
    { numRuns: 1_000 },
  );
});

test('the search for a user reads nothing but subject and e-mail', () => {
  fc.assert(
    fc.property(text, text, (subject, email) => {
      const { filter } = findUsersRequest({ subject, email }).json as { filter: string };
      const read = new Set<string>();
      const matches = parseFilter(filter, ATTRIBUTES);
      matches((attribute) => {
        read.add(attribute);
        return undefined;
      });
      assert.deepEqual([...read].sort(), ['email', 'subject']);
      assert.equal(
        matches((attribute) => (attribute === 'status' ? 'active' : undefined)),
        false,
      );
    }),
    { numRuns: 1_000 },
  );
});
