import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { trimBlanks } from '../../src/lib/blanks.ts';

test('blanks are spaces and tabs at the ends, and nothing else of Latin-1 or Unicode', () => {
  for (const [text, trimmed] of [
    ['', ''],
    [' \t ', ''],
    ['\t a b\tc \t', 'a b\tc'],
  ] as const)
    assert.equal(trimBlanks(text), trimmed);
  for (const other of '\0\n\v\f\r\x1c\x85\xa0\u1680\u2000\u200b\u2028\u202f\u3000\ufeff') {
    const text = `${other}a${other}`;
    assert.equal(trimBlanks(` ${text}\t`), text, JSON.stringify(other));
  }
});

test('what is trimmed is what a regular expression for the two would leave', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(' ', '\t', '\xa0', 'a') }), (text) => {
      assert.equal(trimBlanks(text), text.replace(/^[ \t]+/, '').replace(/[ \t]+$/, ''));
    }),
  );
});
