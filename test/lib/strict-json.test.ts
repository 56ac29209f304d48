import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseStrictJson } from '../../src/lib/strict-json.ts';

const duplicates: [string, string][] = [
  ['side by side', '{"a":1,"a":2}'],
  ['with the same value', '{"a":1,"a":1}'],
  ['far apart', '{"a":1,"b":{"c":[1,2,{"d":3}]},"a":2}'],
  ['in an inner object', '{"x":{"a":1,"a":2}}'],
  ['in an object of an array', '[[{"a":1},{"a":1,"a":2}]]'],
  ['after an inner object that holds it too', '{"a":{"a":1},"a":2}'],
  ['one of them escaped', '{"access_token":1,"acc\\u0065ss_token":2}'],
  ['with blanks before the colon', '{"a" \n\t: 1, "a"\r\n:2}'],
  ['empty', '{"":1,"":2}'],
  ['called __proto__', '{"__proto__":1,"__proto__":2}'],
  ['with an escaped quote', '{"a\\"":1,"a\\"":2}'],
  ['with an escaped backslash at the end', '{"a\\\\":1,"a\\\\":2}'],
];
for (const [where, text] of duplicates) {
  it(`a key that comes twice is refused: ${where}`, () => {
    assert.doesNotThrow(() => JSON.parse(text));
    assert.throws(() => parseStrictJson(text), /holds an object with a key twice/);
  });
}

const fine: [string, string][] = [
  ['the same key in different objects', '[{"a":1},{"a":2},{"b":{"a":1},"a":2}]'],
  ['a key that is a value too', '{"a":"a","b":"a"}'],
  ['a value that looks like members', '{"a":"{\\"a\\":1,\\"a\\":2}"}'],
  ['a value that looks like a key', '{"a":"b\\":","b":1}'],
  ['keys of different case', '{"a":1,"A":2}'],
  ['strings of an array that are the same', '["a","a","a"]'],
  ['a value that ends with a backslash', '{"a":"\\\\","b":"\\\\"}'],
  ['text that is no object', '"a"'],
  ['braces in keys', '{"{":1,"}":2,"{}":{"{":1}}'],
];
for (const [what, text] of fine) {
  it(`it is read as JSON.parse reads it: ${what}`, () => {
    assert.deepEqual(parseStrictJson(text), JSON.parse(text));
  });
}

for (const text of [
  '',
  '{',
  '<html>secret</html>',
  '{"a":secret}',
  '\ufeff{}',
  '{"a":1}x',
  "{'a':1}",
  '{"a":1,}',
]) {
  it(`what is no JSON is refused, and the error repeats nothing of it: ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parseStrictJson(text),
      (error: Error) =>
        error instanceof SyntaxError && error.message === 'is not JSON' && !('cause' in error),
    );
  });
}

it('an error about a key that comes twice does not repeat the key', () => {
  assert.throws(
    () => parseStrictJson('{"secret":1,"secret":2}'),
    (error: Error) => !error.message.includes('secret'),
  );
});

// Guards against one that runs out of stack. (How long that takes is V8's own.)
it('a quarter of a megabyte of brackets is refused', () => {
  assert.throws(() => parseStrictJson('['.repeat(16 * 16 * 1024)), SyntaxError);
});

// Guards against a pattern that backtracks, and against one that runs out of stack.
describe('given sixteen times as much trouble, a quarter of a megabyte, reading costs about sixteen times as much:', () => {
  for (const [what, trouble] of [
    ['escaped quotes', (size) => `{"a":"${'\\"'.repeat(size / 2)}"}`],
    ['blanks behind a key', (size) => `{"a"${' '.repeat(size)}:1}`],
    ['a long text with blanks behind it', (size) => `["${'x'.repeat(size)}"${' '.repeat(size)}]`],
    ['objects in each other', (size) => `${'{"a":'.repeat(size / 8)}1${'}'.repeat(size / 8)}`],
    ['quotes', (size) => `"${'"'.repeat(size)}`],
  ] as [string, (size: number) => string][]) {
    it(what, () => {
      const little = cpuTimeOf(trouble(16 * 1024));
      const much = cpuTimeOf(trouble(16 * 16 * 1024));
      assert.ok(much < 16 * 6 * little + 2_000, `${little} µs, then ${much} µs`);
    });
  }
});

/** What reading it costs, in microseconds: the least of several times, which no other process is to blame for. */
function cpuTimeOf(text: string): number {
  const costs = Array.from({ length: 7 }, () => {
    const before = process.cpuUsage();
    try {
      parseStrictJson(text);
    } catch (error) {
      assert.ok(error instanceof SyntaxError, String(error));
    }
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.min(...costs);
}
