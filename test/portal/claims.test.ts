import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { ClaimsConfig } from '../../src/config/portal-config.ts';
import { type Claims, completeClaims, userFromClaims } from '../../src/portal/claims.ts';
import { LoginRefusedError } from '../../src/portal/portal-auth.ts';

const names = { id: 'sub', email: 'email', name: 'name', groups: 'groups', others: [] };

function user(claims: Claims, changes: Partial<ClaimsConfig['names']> = {}, trustEmail = false) {
  return userFromClaims(claims, { names: { ...names, ...changes }, trustEmail });
}

const ada = { sub: 'ada', name: 'Ada', email: 'ada@example.com', email_verified: true, groups: ['EMEA'] };

test('claims describe a user', () => {
  assert.deepEqual(user(ada), { id: 'ada', name: 'Ada', email: 'ada@example.com', groups: ['EMEA'] });
});

describe('whoever it is', () => {
  for (const [what, sub] of [
    ['nothing', undefined],
    ['null', null],
    ['an empty text', ''],
    ['a number', 7],
    ['an array', ['ada']],
    ['an object', { id: 'ada' }],
    ['a text that is too long', 'x'.repeat(257)],
    ['a line break', 'ada\n'],
  ] as const) {
    test(`given ${what}, is nobody`, () => assert.throws(() => user({ ...ada, sub }), LoginRefusedError));
  }

  test('is not taken from what every object has', () => {
    assert.throws(() => user({}, { id: 'constructor' }), LoginRefusedError);
    assert.throws(() => user(JSON.parse('{"__proto__":{"sub":"ada"}}')), LoginRefusedError);
  });

  test('is another claim when the configuration says so', () => {
    assert.equal(user({ ...ada, oid: 'a-1' }, { id: 'oid' }).id, 'a-1');
  });

  // Whoever can set an unverified address would be anybody.
  test('is an e-mail only when that is verified', () => {
    for (const changes of [{ id: 'email' }, { id: 'mail', email: 'mail' }, { id: 'email', email: 'mail' }]) {
      const claims = { ...ada, mail: 'ada@example.com' };
      assert.equal(user(claims, changes).id, 'ada@example.com');
      assert.throws(() => user({ ...claims, email_verified: false }, changes), LoginRefusedError);
      assert.equal(user({ ...claims, email_verified: false }, changes, true).id, 'ada@example.com');
    }
  });
});

describe('an e-mail', () => {
  for (const verified of [undefined, false, null, 'true', 1, [true], { true: true }]) {
    test(`given email_verified ${JSON.stringify(verified)}, does not count`, () => {
      assert.equal(user({ ...ada, email_verified: verified }).email, undefined);
      assert.equal(user({ ...ada, email_verified: verified }, {}, true).email, 'ada@example.com');
    });
  }

  test('that is no text, or too long, is none', () => {
    for (const email of [7, ['a@b.c'], '', `${'x'.repeat(320)}@example.com`, 'a@b.c\r\nx'])
      assert.equal('email' in user({ ...ada, email }, {}, true), false, String(email).slice(0, 20));
  });

  test('is not kept under another name either, unless it is verified', () => {
    const claims = { ...ada, email_verified: false };
    assert.equal(user(claims, { name: 'email' }).name, undefined);
    assert.equal(user(claims, { others: ['email'] }).claims, undefined);
  });
});

describe('groups', () => {
  // Guards against a provisioning that takes all groups from somebody whose token tells of none.
  test('are unknown without the claim, whatever stands in its place', () => {
    const { groups: _, ...rest } = ada;
    for (const overage of [{}, { _claim_names: { groups: 'src1' } }, { hasgroups: true }])
      assert.equal('groups' in user({ ...rest, ...overage }), false);
    assert.deepEqual(user({ ...rest, groups: [] }).groups, []);
  });

  for (const [what, groups] of [
    ['a text', 'EMEA'],
    ['null', null],
    ['an object', { EMEA: true }],
    ['an array with a number', ['EMEA', 7]],
    ['an array with an empty text', ['']],
    ['an array with a text that is too long', ['x'.repeat(257)]],
    ['too many', Array.from({ length: 501 }, (_, n) => `g${n}`)],
    ['too much', Array.from({ length: 100 }, (_, n) => `${n}${'x'.repeat(200)}`)],
  ] as const) {
    test(`given ${what}, are unknown, never a part of them`, () =>
      assert.equal('groups' in user({ ...ada, groups }), false));
  }

  test('count once each', () =>
    assert.deepEqual(user({ ...ada, groups: ['a', 'b', 'a'] }).groups, ['a', 'b']));

  test('may be in a claim with a URL as name', () => {
    const claim = 'https://example.com/groups';
    assert.deepEqual(user({ ...ada, [claim]: ['x'] }, { groups: claim }).groups, ['x']);
  });
});

test('other claims are kept when they are asked for and small', () => {
  const claims = { ...ada, qlik: '65c0', big: 'x'.repeat(1_025), more: 1 };
  assert.deepEqual(user(claims, { others: ['qlik', 'big', 'missing', 'toString'] }).claims, { qlik: '65c0' });
});

test('given any claims, is nobody or somebody small', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...Object.keys(ada), '_claim_names'), fc.jsonValue()),
      (claims) => {
        try {
          const found = user({ ...claims, sub: 'ada' }, {}, true);
          assert.ok(JSON.stringify(found).length < 65_536);
        } catch (error) {
          assert.ok(error instanceof LoginRefusedError);
        }
      },
    ),
  );
});

describe('an ID token and the user info', () => {
  const complete = (idToken: Claims, userInfo: Claims, changes: Partial<ClaimsConfig> = {}) =>
    completeClaims(
      { sub: 'ada', ...idToken },
      { sub: 'ada', ...userInfo },
      { names, trustEmail: false, ...changes },
    );
  const ours = { email: 'ada@example.com' };
  const theirs = { email: 'ceo@example.com' };

  test('complete each other, and the ID token counts first', () => {
    assert.deepEqual(complete({ name: 'Ada', a: 1 }, { name: 'Eve', a: 2, ...ours, email_verified: true }), {
      ...{ sub: 'ada', name: 'Ada', a: 1 },
      ...{ ...ours, email_verified: true },
    });
  });

  test('never vouch for each other’s e-mail', () => {
    for (const [idToken, userInfo, email] of [
      [ours, { ...theirs, email_verified: true }, theirs.email],
      [{ ...ours, email_verified: true }, theirs, ours.email],
      [{ ...ours, email_verified: true }, { ...theirs, email_verified: true }, ours.email],
      [{ ...ours, email_verified: false }, { ...theirs, email_verified: true }, undefined],
      [ours, { email_verified: true }, undefined],
      [{ email_verified: true }, ours, undefined],
      [ours, theirs, undefined],
    ] as const)
      assert.equal(user(complete(idToken, userInfo)).email, email, JSON.stringify([idToken, userInfo]));
  });

  test('never vouch for each other’s e-mail under another name', () => {
    const upn = { ...names, email: 'upn' };
    const told = complete(
      { upn: 'ada@example.com' },
      { email: 'ceo@example.com', email_verified: true },
      { names: upn },
    );
    assert.equal(user(told, upn).email, undefined);
    const id = { ...names, id: 'email' };
    const mixed = complete(ours, { email_verified: true }, { names: id });
    assert.throws(() => user(mixed, id), LoginRefusedError);
  });

  test('given an operator who trusts e-mails, the ID token’s counts', () => {
    const told = complete(ours, { ...theirs, email_verified: true }, { trustEmail: true });
    assert.equal(user(told, {}, true).email, ours.email);
  });

  test('give groups, and the word that there are more of them, together', () => {
    const more = { _claim_names: { groups: 'src1' } };
    assert.equal(user(complete(more, { groups: ['EMEA'] })).groups, undefined);
    assert.deepEqual(complete({ groups: ['EMEA'] }, more), { sub: 'ada', groups: ['EMEA'] });
    assert.deepEqual(user(complete({}, { groups: ['EMEA'] })).groups, ['EMEA']);
  });

  test('give the parts of one name', () => {
    const ada = { name: 'Ada L', given_name: 'Ada', family_name: 'L' };
    assert.deepEqual(complete({ given_name: 'Eve' }, ada), { sub: 'ada', ...ada });
    assert.deepEqual(complete({ name: 'Eve' }, ada), { sub: 'ada', name: 'Eve' });
    assert.deepEqual(complete({}, { given_name: 'Ada' }), { sub: 'ada', given_name: 'Ada' });
  });

  test('of any claims mix none that belong together', () => {
    const family = ['email', 'email_verified'];
    const claims = fc.dictionary(
      fc.constantFrom(...family, 'name', '__proto__'),
      fc.constantFrom(true, false),
    );
    fc.assert(
      fc.property(claims, claims, (a, b) => {
        const mark = (source: Claims, by: string) =>
          Object.fromEntries(Object.keys(source).map((claim) => [claim, by]));
        const told = complete(mark(a, 'id token'), mark(b, 'user info'));
        const sources = family.filter((claim) => Object.hasOwn(told, claim)).map((claim) => told[claim]);
        assert.ok(new Set(sources).size <= 1);
      }),
    );
  });
});
