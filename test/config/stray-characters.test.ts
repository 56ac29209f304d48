import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { settings as table } from '../../src/config/settings.ts';
import { strayCharacters } from '../../src/config/stray-characters.ts';
import { problemsOf } from './base-env.ts';
import { ecKey, pem, publicPem } from './pem.ts';

const SECRET = 'canary-0123456789-0123456789-0123456789';
const quotes = 'is in quotes, which are part of the value; leave them out';

/** How values come out of files of environments, shells, editors and copied pages. */
const ways: [what: string, spoilt: (value: string) => string, word: string][] = [
  ['a byte order mark in front', (value) => `\ufeff${value}`, 'begins with a byte order mark'],
  ['double quotes', (value) => `"${value}"`, quotes],
  ['single quotes', (value) => `'${value}'`, quotes],
  ['typographic quotes', (value) => `“${value}”`, quotes],
  ['a blank in front', (value) => ` ${value}`, 'begins with a blank'],
  ['a blank behind', (value) => `${value} `, 'ends with a blank'],
  ['a tab behind', (value) => `${value}\t`, 'ends with a blank'],
  ['a non-breaking blank behind', (value) => `${value}\u00a0`, 'ends with a blank'],
  ['a blank without width in front', (value) => `\u200b${value}`, 'begins with an invisible character'],
  ['a carriage return behind', (value) => `${value}\r`, 'ends with a line end'],
  ['a newline behind', (value) => `${value}\n`, 'ends with a line end'],
  ['a carriage return inside', (value) => `${value}\r${value}`, 'holds a line end'],
  ['a character that was none of UTF-8', (value) => `${value}\ufffd`, 'is no text in UTF-8'],
];

/** A list ignores blanks around its entries, and PEM has lines; of both, the rest holds. */
const LISTS = new Set(['SESSION_SECRET', 'STORE_KEY', 'REDIS_SENTINELS']);
const PEM = new Set(['QLIK_CLIENT_PRIVATE_KEY', 'QLIK_CA', 'REDIS_CA', 'ASSERTION_PUBLIC_KEY']);

for (const [name, { fromFile }] of table) {
  if (!fromFile || PEM.has(name)) continue;
  describe(`the secret ${name}`, () => {
    for (const [what, spoilt, word] of ways) {
      if (LISTS.has(name) && /a (blank|tab) (in front|behind)$/.test(what) && !what.includes('non-'))
        continue;
      test(`with ${what} is refused with a word that holds nothing of it`, () => {
        const problem = problemsOf({ [name]: spoilt(SECRET) }).find((one) => one.startsWith(`${name}: `));
        assert.ok(problem?.startsWith(`${name}: ${word}`), problem);
        assert.doesNotMatch(problem ?? '', /canary|0123/);
      });
    }
  });
}

for (const [name, value] of [
  ['QLIK_CLIENT_ID', 'client'],
  ['QLIK_TENANT_URL', 'https://acme.eu.qlikcloud.com'],
  ['PUBLIC_URL', 'http://localhost:3000'],
  ['PORT', '3000'],
  ['PORTAL_AUTH', 'demo'],
  ['SESSION_LIFETIME', '10h'],
  ['TENANT_BUDGET', '90/min'],
  ['TRUST_EMAIL', 'false'],
  ['OIDC_CLIENT_ID', 'portal'],
  ['OIDC_ISSUER', 'https://login.example.com'],
  ['ALLOWED_ORIGINS', 'https://a.example'],
  ['ALLOWED_ORIGINS', 'https://a.example,https://b.example'],
  ['CLAIM_ID', 'sub'],
] as const) {
  test(`${name}=${value} in quotes is refused: they are part of the value`, () => {
    for (const quote of ['"', "'"])
      assert.ok(problemsOf({ [name]: quote + value + quote }).includes(`${name}: ${quotes}`));
  });
}

for (const name of ['QLIK_CLIENT_ID', 'OIDC_CLIENT_ID', 'CLAIM_GROUPS', 'HOST']) {
  test(`${name} with a blank at an end is refused`, () => {
    for (const blank of [' ', '\u00a0', '\u2003'])
      assert.ok(problemsOf({ [name]: `x${blank}` }).includes(`${name}: ends with a blank; leave it out`));
  });
}

test('an entry of a list is looked at like a value of its own', () => {
  assert.deepEqual(problemsOf({ SESSION_SECRET: `${SECRET}, "${SECRET}"` }), [
    `SESSION_SECRET: entry 2: ${quotes}`,
  ]);
  assert.deepEqual(problemsOf({ SESSION_SECRET: `${SECRET},\n${SECRET}` }), [
    'SESSION_SECRET: entry 2: begins with a line end; leave it out',
  ]);
});

describe('PEM', () => {
  const key = pem(ecKey('P-384'));
  const withKey = { QLIK_CLIENT_SECRET: undefined, QLIK_CLIENT_KEY_ID: 'kid' };

  for (const [what, spoilt, word] of [
    ['a byte order mark in front', `\ufeff${key}`, 'begins with a byte order mark; save it without one'],
    ['quotes', `"${key}"`, quotes],
    [
      '`\\n` written out',
      key.replaceAll('\n', '\\n'),
      'holds `\\n` where its lines end; give it line ends, or a file',
    ],
  ] as const) {
    test(`with ${what} is refused with a word`, () =>
      assert.deepEqual(problemsOf({ ...withKey, QLIK_CLIENT_PRIVATE_KEY: spoilt }), [
        `QLIK_CLIENT_PRIVATE_KEY: ${word}`,
      ]));
  }

  test('is taken with line ends of either kind, and more of them at its end', () => {
    for (const good of [key, key.replaceAll('\n', '\r\n'), `${key}\n\n`, ` ${key}`.trimStart()])
      assert.deepEqual(problemsOf({ ...withKey, QLIK_CLIENT_PRIVATE_KEY: good }), []);
  });

  test('of a public key is looked at in the same way', () => {
    const [problem] = problemsOf({
      PORTAL_AUTH: 'assertion',
      ASSERTION_ISSUER: 'x',
      ASSERTION_AUDIENCE: 'x',
      ASSERTION_PUBLIC_KEY: `"${publicPem(ecKey('P-256'))}"`,
    });
    assert.equal(problem, `ASSERTION_PUBLIC_KEY: ${quotes}`);
  });
});

test('no secret that a generator of secrets makes is refused', () => {
  const printable = fc.string({ minLength: 32, maxLength: 64, unit: fc.constantFrom(...ascii()) });
  fc.assert(
    fc.property(printable, (secret) => {
      const quoted = secret[0] === secret.at(-1) && /["'`]/.test(secret[0] as string);
      assert.equal(strayCharacters(secret) === undefined, !quoted);
    }),
  );
});

function ascii(): string[] {
  return Array.from({ length: 0x7e - 0x21 + 1 }, (_, at) => String.fromCharCode(0x21 + at));
}
