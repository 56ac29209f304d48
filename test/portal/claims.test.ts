import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { ClaimsConfig } from '../../src/config/portal-config.ts';
import { type Claims, userFromClaims } from '../../src/portal/claims.ts';
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
