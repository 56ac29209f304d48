import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { cacheKey, type TokenKey } from '../../src/token/token-key.ts';

/** Texts that a key made without care would confuse. */
const tricky = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    'a',
    'A',
    'a ',
    'a:b',
    't:a',
    't',
    '"',
    '\\"',
    '","',
    '[',
    ']',
    'null',
    '__proto__',
  ),
  fc.constantFrom('\u00e9', 'e\u0301', '\ud800', '\ufffd', '\0', '\u2028', '\\u2028'),
  fc.string({ unit: 'binary', maxLength: 5 }),
  fc
    .array(fc.constantFrom('a', ':', '"', ',', '\\', '|', '/'), { maxLength: 5 })
    .map((parts) => parts.join('')),
);

type Parts = [string, string, string, string, 'userId' | 'subject', string];
const parts: fc.Arbitrary<Parts> = fc.tuple(
  tricky,
  tricky,
  tricky,
  tricky,
  fc.constantFrom('userId' as const, 'subject' as const),
  tricky,
);

function subjectOf([owner, url, clientId, scope, field, value]: Parts): TokenKey {
  return { owner, tenant: { name: 'acme', url, clientId, scope }, lookup: { field, value } };
}

it('two subjects share a key only when they are the same', () => {
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      const same = one.every((part, i) => part === other[i]);
      assert.equal(cacheKey(subjectOf(one)) === cacheKey(subjectOf(other)), same);
    }),
    { numRuns: 2_000 },
  );
});

it('two subjects that differ in one part only have different keys', () => {
  fc.assert(
    fc.property(parts, fc.constantFrom(0, 1, 2, 3, 5), tricky, (one, place, part) => {
      fc.pre(one[place] !== part);
      const other = one.with(place, part) as Parts;
      assert.notEqual(cacheKey(subjectOf(one)), cacheKey(subjectOf(other)));
    }),
    { numRuns: 2_000 },
  );
});
