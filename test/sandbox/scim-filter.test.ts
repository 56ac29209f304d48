import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseFilter } from '../../src/sandbox/scim-filter.ts';

const ATTRIBUTES = { name: ['eq', 'co'], email: ['eq'], status: ['eq'] } as const;

function matches(filter: string, entry: Record<string, string>): boolean {
  return parseFilter(filter, ATTRIBUTES)((attribute) => new Map(Object.entries(entry)).get(attribute));
}

it('and binds more tightly than or', () => {
  const filter = 'name eq "a" or name eq "b" and email eq "b@x"';
  assert.equal(matches(filter, { name: 'a' }), true);
  assert.equal(matches(filter, { name: 'b' }), false);
  assert.equal(matches(filter, { name: 'b', email: 'b@x' }), true);
});

it('parentheses decide otherwise', () => {
  const filter = '(name eq "a" or name eq "b") and email eq "b@x"';
  assert.equal(matches(filter, { name: 'a' }), false);
  assert.equal(matches(filter, { name: 'b', email: 'b@x' }), true);
});

it('escapes stand for what they escape, and keywords in quotes are text', () => {
  assert.equal(matches(String.raw`name eq "a\"b"`, { name: 'a"b' }), true);
  assert.equal(matches(String.raw`name eq "a\\b"`, { name: 'a\\b' }), true);
  assert.equal(matches(String.raw`name eq "a\\" or name eq "b"`, { name: 'b' }), true);
  assert.equal(matches('name eq "x) or (name eq y"', { name: 'y' }), false);
  assert.equal(matches('name co "%22"', { name: '%22' }), true);
});

it('what an entry does not have matches nothing', () => {
  assert.equal(matches('email eq ""', {}), false);
  assert.equal(matches('email eq ""', { email: '' }), true);
});

it('conditions on status are grouped and apply to the whole query', () => {
  const grouped = '(name eq "a" or name eq "b") and (status eq "active" or status eq "disabled")';
  assert.equal(matches(grouped, { name: 'b', status: 'disabled' }), true);
  assert.equal(matches(grouped, { name: 'b', status: 'invited' }), false);
  assert.throws(() => matches('name eq "a" or name eq "b" and (status eq "active")', {}), { status: 400 });
  assert.throws(() => matches('name eq "a" or status eq "active"', {}), { status: 400 });
});

it('anything else is malformed', () => {
  const filters = [
    '',
    ' ',
    'name',
    'name eq',
    'name eq a',
    "name eq 'a'",
    'name eq "a',
    String.raw`name eq "a\"`,
    String.raw`name eq "\x41"`,
    'name eq "a" and',
    'and name eq "a"',
    'name eq "a" name eq "b"',
    '(name eq "a"',
    'name eq "a")',
    '()',
    'name sw "a"',
    'email co "a"',
    'constructor eq "a"',
    'not (name eq "a")',
    'name eq "a"; name eq "b"',
    `${'('.repeat(5000)}name eq "a"${')'.repeat(5000)}`,
  ];
  for (const filter of filters) {
    assert.throws(
      () => parseFilter(filter, ATTRIBUTES),
      { name: 'QlikError', status: 400 },
      filter.slice(0, 40),
    );
  }
});
