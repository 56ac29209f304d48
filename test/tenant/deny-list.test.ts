import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createDenyList } from '../../src/tenant/deny-list.ts';

describe('the deny list', () => {
  test('denies whom it names, and nobody else', () => {
    const isDenied = createDenyList(['ada', '65c0bb20e1b2c3d4e5f60012']);

    assert.equal(isDenied('ada'), true);
    assert.equal(isDenied('65c0bb20e1b2c3d4e5f60012'), true);
    for (const other of ['', 'ad', 'adaa', 'a da', 'bruno', '65c0bb20e1b2c3d4e5f60013', '__proto__']) {
      assert.equal(isDenied(other), false, other);
    }
  });

  test('given nobody, denies nobody but bots', () => {
    const isDenied = createDenyList([]);

    assert.equal(isDenied('ada'), false);
    assert.equal(isDenied(''), false);
    assert.equal(isDenied('qlikbot\\5a9d0c3e7b1f4286'), true);
  });

  const sameUser: [string, string][] = [
    ['AcMe\\Admin', 'acme\\aDMIN'],
    ['ada', ' ada\t'],
    [' ada ', 'ada'],
    ['é', 'e\u0301'],
    ['ada', 'ａｄａ'],
    ['ﬁona', 'FIONA'],
    ['strasse', 'STRASSE'],
    ['STRAßE', 'strasse'],
    ['ΟΔΥΣΣΕΥΣ', 'οδυσσευσ'],
    ['οδυσσευς', 'ΟΔΥΣΣΕΥΣ'],
    ['\u212Aelvin', 'kelvin'],
    ['ada', '\u00a0ada\ufeff'],
  ];
  for (const [listed, asked] of sameUser) {
    test(`given ${JSON.stringify(listed)}, denies ${JSON.stringify(asked)} too`, () =>
      assert.equal(createDenyList([listed])(asked), true));
  }

  for (const bot of [
    'qlikbot\\5a9d0c3e',
    'QlikBot\\5A9D0C3E',
    ' qlikbot\\x',
    'qlikbot\\',
    'ｑｌｉｋｂｏｔ\\x',
    'qlikbot＼x',
  ]) {
    test(`denies the bot user ${JSON.stringify(bot)}, listed or not`, () =>
      assert.equal(createDenyList(['ada'])(bot), true));
  }

  test('does not take every name that begins like a bot for one', () => {
    const isDenied = createDenyList([]);
    for (const user of ['qlikbot', 'qlikbots\\x', 'xqlikbot\\x', 'qlikbot/x'])
      assert.equal(isDenied(user), false, user);
  });

  // Whatever the tenant takes for the same name must not slip through.
  test('given any name, denies each of its cases and Unicode forms', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
        const isDenied = createDenyList([name]);
        for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD'] as const) {
          assert.equal(isDenied(name.normalize(form)), true, form);
        }
        assert.equal(isDenied(name.toUpperCase()), true, 'upper case');
        assert.equal(isDenied(name.toLowerCase()), true, 'lower case');
        assert.equal(isDenied(` ${name}\n`), true, 'blanks');
      }),
      { numRuns: 1_000 },
    );
  });

  test('given any letter, denies its other case', () => {
    const missed: string[] = [];
    for (let point = 0; point <= 0x1_ff_ff; point++) {
      const letter = String.fromCodePoint(point);
      const [upper, lower] = [letter.toUpperCase(), letter.toLowerCase()];
      if (upper === lower || (point >= 0xd800 && point < 0xe000)) continue;
      const isDenied = createDenyList([letter]);
      if (!isDenied(upper) || !isDenied(lower)) missed.push(`U+${point.toString(16)} ${letter}`);
    }
    assert.deepEqual(missed, []);
  });
});
