import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { parseStrictJson } from '../../src/lib/strict-json.ts';

const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('{', '}', '"', '":', '\\', '{"a":1,"a":2}'),
);
const values = fc
  .jsonValue()
  .chain((value) => fc.constantFrom(value, { '{': value, '}"': [value], '\\"': value }));

/** An object's text, with its members as they are. */
function objectText(members: readonly (readonly [string, unknown])[]): string {
  return `{${members.map(([key, value]) => `${JSON.stringify(key)} : ${JSON.stringify(value)}`).join(' , ')}}`;
}

it('whatever JSON.stringify writes is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(values, fc.constantFrom(undefined, 1, '\t', '\r\n'), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      assert.deepEqual(parseStrictJson(text), JSON.parse(text));
    }),
    { numRuns: 1_000 },
  );
});

it('any text with braces and quotes is a key and a value like any other', () => {
  fc.assert(
    fc.property(texts, texts, texts, (key, value, other) => {
      fc.pre(key !== other);
      const text = objectText([
        [key, [value, { [key]: value }]],
        [other, { [key]: value }],
      ]);
      assert.deepEqual(parseStrictJson(text), JSON.parse(text));
    }),
    { numRuns: 1_000 },
  );
});

it('any key that comes twice in one object is refused, wherever that object is', () => {
  fc.assert(
    fc.property(texts, fc.jsonValue(), fc.jsonValue(), fc.nat(3), (key, one, other, depth) => {
      let text = objectText([
        [`${key}!`, [one, { [key]: one }]],
        [key, one],
        [`${key}?`, other],
        [key, other],
      ]);
      for (let level = 0; level < depth; level += 1) text = `[0, {"wrap": ${text}}, "{"]`;
      assert.throws(() => parseStrictJson(text), SyntaxError);
    }),
    { numRuns: 1_000 },
  );
});

it('any text is either read as JSON.parse reads it, or refused', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', 'a', '1', ' ')),
      (parts) => {
        const text = parts.join('');
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          assert.throws(() => parseStrictJson(text), SyntaxError);
          return;
        }
        assert.deepEqual(parseStrictJson(text), expected);
      },
    ),
    { numRuns: 2_000 },
  );
});
