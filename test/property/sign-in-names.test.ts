import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Secret } from '../../src/config/secret.ts';
import { createGatewayAuth } from '../../src/portal/gateway.ts';
import { LoginRefusedError } from '../../src/portal/portal-auth.ts';
import type { PortalUser } from '../../src/portal/portal-user.ts';
import { sameEmail } from '../../src/portal/same-email.ts';
import { loginPolicy } from '../support/login-policy.ts';

const SECRET = 'correct-horse-battery-staple-0123456789';
const headers = {
  secret: 'x-secret',
  user: 'x-user',
  email: 'x-email',
  name: 'x-name',
  groups: 'x-groups',
  tenant: 'x-tenant',
};
const auth = createGatewayAuth({
  ...{ trustedProxies: ['127.0.0.1'], secret: new Secret(SECRET), headers, groupsSeparator: ',' },
  ...{ trustEmail: true, emailFinds: true, policy: loginPolicy({ emailFinds: true }), emit() {} },
});

/** Whom a gateway names that writes these bytes into its headers; undefined when it is refused. */
async function named(sent: Partial<Record<keyof typeof headers, Buffer>>): Promise<PortalUser | undefined> {
  const told = Object.entries(sent).flatMap(([what, bytes]) => [
    headers[what as keyof typeof headers],
    bytes.toString('latin1'),
  ]);
  const rawHeaders = [headers.secret, SECRET, ...told];
  return auth.authenticate({ peer: '127.0.0.1', rawHeaders }).catch((error) => {
    assert.ok(error instanceof LoginRefusedError);
    return undefined;
  });
}

const asUtf8 = (text: string) => Buffer.from(text, 'utf8');
const asLatin1 = (text: string) => Buffer.from(text, 'latin1');
/** With letters whose bytes in one encoding are those of others in the other. */
const letters = fc.string({
  unit: fc.oneof(
    fc.constantFrom('a', 'A', 'k', 'é', 'Ã', '©', 'ü', '¼', 'Â', 'ß', '-'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  minLength: 1,
  maxLength: 12,
});
const latin1 = letters.filter((text) => /^[\u0020-\u00ff]+$/.test(text));

/** Two names, of which the second is often what the first one's UTF-8 says when it is read as Latin-1. */
const twoNames = fc.oneof(
  fc.tuple(latin1, latin1),
  latin1.map((name): [string, string] => [name, asUtf8(name).toString('latin1')]),
);

for (const what of ['user', 'tenant', 'email'] as const) {
  const read = async (bytes: Buffer) => {
    const user = await named({ user: asUtf8('ada'), [what]: bytes });
    return what === 'user' ? user?.id : user?.[what];
  };

  test(`two users of one gateway, whatever it writes, are never one by their ${what}`, async () => {
    await fc.assert(
      fc.asyncProperty(twoNames, fc.constantFrom(asUtf8, asLatin1), async ([a, b], write) => {
        const [one, other] = [await read(write(a)), await read(write(b))];
        if (a !== b && one !== undefined) assert.notEqual(one, other);
      }),
      { numRuns: 1_000 },
    );
  });

  test(`one user is never two by the ${what}: what a gateway writes as UTF-8 is that, as Latin-1 it is that or refused`, async () => {
    await fc.assert(
      fc.asyncProperty(latin1, async (text) => {
        const inUtf8 = await read(asUtf8(text));
        assert.ok(inUtf8 === undefined || inUtf8 === text);
        const inLatin1 = await read(asLatin1(text));
        const looksLikeUtf8 = !asLatin1(text).equals(asUtf8(text)) && isUtf8(asLatin1(text));
        // Only what no person is called: `Ã` before a sign that is none of a name.
        if (!looksLikeUtf8) assert.ok(inLatin1 === undefined || inLatin1 === text);
      }),
      { numRuns: 1_000 },
    );
  });
}

function isUtf8(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes);
}

test('a name is the same whether a gateway writes it as UTF-8 or as Latin-1, unless it looks like the other', async () => {
  await fc.assert(
    fc.asyncProperty(latin1, async (text) => {
      const [a, b] = [
        await named({ user: asUtf8('ada'), name: asUtf8(text) }),
        await named({ user: asUtf8('ada'), name: asLatin1(text) }),
      ];
      assert.ok(a && b, 'a name refuses nobody');
      if (!isUtf8(asLatin1(text)) || asLatin1(text).equals(asUtf8(text))) assert.deepEqual(a, b);
    }),
    { numRuns: 1_000 },
  );
});

test('whatever stands in headers that do not say who it is, the sign-in goes on', async () => {
  const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array));
  await fc.assert(
    fc.asyncProperty(bytes, bytes, async (name, groups) => {
      assert.equal((await named({ user: asUtf8('ada'), name, groups }))?.id, 'ada');
    }),
    { numRuns: 500 },
  );
});

test('two e-mails are one only when they differ in nothing but the case of ASCII', () => {
  const upDown = (text: string, turns: readonly boolean[]) =>
    [...text]
      .map((letter, at) =>
        /[a-z]/i.test(letter) && /^[ -~]$/.test(letter) && turns[at]
          ? letter === letter.toLowerCase()
            ? letter.toUpperCase()
            : letter.toLowerCase()
          : letter,
      )
      .join('');
  const text = fc.string({
    unit: fc.constantFrom(
      ...'aAkKiIsSzß',
      '\u212a',
      '\u0130',
      '\u0131',
      '\u017f',
      'é',
      'É',
      'ſ',
      '@',
      '.',
      'ﬀ',
    ),
    maxLength: 8,
  });
  fc.assert(
    fc.property(text, text, fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), (a, b, turns) => {
      assert.ok(sameEmail(a, upDown(a, turns)));
      if (sameEmail(a, b)) {
        assert.equal(a.length, b.length);
        for (const [at, letter] of [...a].entries()) {
          const other = [...b][at] as string;
          if (letter !== other) assert.match(letter + other, /^[A-Za-z]{2}$/);
        }
      }
    }),
    { numRuns: 5_000 },
  );
  for (const [one, other] of [
    ['k@x', '\u212a@x'],
    ['i@x', '\u0131@x'],
    ['I@x', '\u0130@x'],
    ['s@x', '\u017f@x'],
    ['ss@x', 'ß@x'],
    ['é@x', 'É@x'],
    ['é@x', 'e\u0301@x'],
  ] as const)
    assert.equal(sameEmail(one, other), false, one);
});
