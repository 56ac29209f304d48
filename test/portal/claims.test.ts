import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { ClaimsConfig } from '../../src/config/portal-config.ts';
import type { Claims } from '../../src/portal/claim.ts';
import { completeClaims, toldByClaims } from '../../src/portal/claims.ts';
import { LoginRefusedError } from '../../src/portal/portal-auth.ts';
import { portalUser, type ToldUser } from '../../src/portal/told-user.ts';

const names: ClaimsConfig['names'] = {
  ...{ id: 'sub', email: 'email', name: 'name', groups: 'groups', others: [] },
  groupMembers: ['name', 'displayName', 'id'],
};

function told(claims: Claims, changes: Partial<ClaimsConfig['names']> = {}, trustEmail = false): ToldUser {
  return toldByClaims(claims, { names: { ...names, ...changes }, trustEmail });
}

const user = (...args: Parameters<typeof told>) => portalUser(told(...args));

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
    ['half a surrogate pair', 'ada\ud800'],
    ['the other half', '\udc00ada'],
  ] as const) {
    test(`given ${what}, is nobody`, () => assert.throws(() => user({ ...ada, sub }), LoginRefusedError));
  }

  test('may be of any alphabet, and have signs beyond 16 bits', () =>
    assert.equal(user({ ...ada, sub: 'åsa-\u{1f600}' }).id, 'åsa-\u{1f600}'));

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
  for (const verified of [undefined, false, null, 'false', 'yes', '', 1, [true], ['true'], { true: true }]) {
    test(`given email_verified ${JSON.stringify(verified)}, does not count`, () => {
      assert.equal(user({ ...ada, email_verified: verified }).email, undefined);
      assert.equal(user({ ...ada, email_verified: verified }, {}, true).email, 'ada@example.com');
    });
  }

  for (const verified of [true, 'true', 'True'])
    test(`given email_verified ${JSON.stringify(verified)}, counts`, () =>
      assert.equal(user({ ...ada, email_verified: verified }).email, 'ada@example.com'));

  const { email: _, ...others } = ada;
  test('may be the first of a list, as Azure AD B2C tells it, verified as any other', () => {
    const emails = ['ada@example.com', 'ada@other.example'];
    assert.equal(user({ ...others, emails }).email, 'ada@example.com');
    assert.equal(user({ ...others, email: emails }).email, 'ada@example.com');
    const { email_verified: __, ...unverified } = others;
    assert.equal(user({ ...unverified, emails }).email, undefined);
    assert.equal(user({ ...unverified, emails }, {}, true).email, 'ada@example.com');
    for (const odd of [[], [7, 'ada@example.com'], [['ada@example.com']], {}, [''], [null]])
      assert.equal(user({ ...others, emails: odd }).email, undefined, JSON.stringify(odd));
  });

  test('in its own claim goes before such a list; a claim that the operator named is the only one', () => {
    assert.equal(user({ ...ada, emails: ['eve@example.com'] }).email, 'ada@example.com');
    assert.equal(user({ ...others, emails: ['eve@example.com'] }, { email: 'mail' }).email, undefined);
  });

  // Whoever can choose a name, and has a verified address of their own, would be anybody.
  test('in another claim than `email` is not what email_verified speaks of', () => {
    const eve = { sub: 'eve', email: 'eve@evil.example', email_verified: true };
    for (const name of ['preferred_username', 'upn', 'emails', 'mail'])
      for (const address of ['ada@example.com', ['ada@example.com'], ['ada@example.com', eve.email]]) {
        const claims = { ...eve, [name]: address };
        assert.equal(user(claims, { email: name }).email, undefined, name);
        assert.equal(told(claims, { email: name }).missingForEmail, 'email_verified');
        assert.equal(told(claims, { email: name }).holds(name, 'ada@example.com'), false);
        assert.throws(() => user(claims, { id: name, email: name }), LoginRefusedError);
        assert.equal(user(claims, { email: name, others: [name], name }).claims, undefined);
        assert.equal(user(claims, { email: name, name }).name, undefined);
        assert.equal(user(claims, { email: name }, true).email, 'ada@example.com');
      }
    assert.equal(told({ ...eve, emails: ['ada@example.com'] }).holds('emails', 'ada@example.com'), false);
    const { email: __, ...noAddress } = eve;
    assert.equal(user({ ...noAddress, upn: 'ada@example.com' }, { email: 'upn' }).email, undefined);
  });

  test('in another claim counts when the same address is verified beside it', () => {
    const upn = 'ADA@example.com';
    assert.equal(user({ ...ada, upn }, { email: 'upn' }).email, upn);
    assert.equal(told({ ...ada, upn }, { email: 'upn' }).missingForEmail, undefined);
    assert.ok(told({ ...ada, upn }, { email: 'upn' }).holds('upn', 'ada@example.com'));
    assert.equal(user({ ...others, emails: [upn] }, { email: 'emails' }).email, upn);
    assert.equal(user({ ...others, upn, emails: [upn] }, { email: 'upn' }).email, upn);
    assert.equal(user({ ...ada, upn: 'ada@exam\u212aple.com' }, { email: 'upn' }).email, undefined);
  });

  test('says what is missing for it to count', () => {
    const { email_verified: __, ...unverified } = ada;
    assert.deepEqual(
      [told(ada), told(unverified), told(others), told(unverified, {}, true)].map((t) => t.missingForEmail),
      [undefined, 'email_verified', 'email', undefined],
    );
  });

  test('that is no text, or too long, is none', () => {
    for (const email of [7, [7], '', `${'x'.repeat(320)}@example.com`, 'a@b.c\r\nx'])
      assert.equal('email' in user({ ...ada, email }, {}, true), false, String(email).slice(0, 20));
  });

  test('is not kept under another name either, unless it is verified', () => {
    const claims = { ...ada, email_verified: false };
    assert.equal(user(claims, { name: 'email' }).name, undefined);
    assert.equal(user(claims, { others: ['email'] }).claims, undefined);
    assert.equal(user({ ...claims, emails: ['a@b.c'] }, { others: ['emails'] }).claims, undefined);
  });
});

describe('groups', () => {
  const { groups: _, ...rest } = ada;

  test('are unknown without the claim', () => {
    assert.equal(told(rest).groups, undefined);
    assert.equal('groups' in user(rest), false);
    // Of other claims there may be more elsewhere.
    assert.equal(told({ ...rest, _claim_names: { photo: 'src1' } }).groups, undefined);
    assert.deepEqual(user({ ...ada, _claim_names: { photo: 'src1' } }).groups, ['EMEA']);
    assert.equal(told({ ...rest, hasgroups: true }, { groups: 'roles' }).groups, undefined);
  });

  // Guards against a provisioning that takes all groups from somebody whose token tells of none.
  test('are not understood when the provider says that there are more than it sends', () => {
    const overage = { why: 'overage' };
    for (const more of [{ _claim_names: { groups: 'src1' } }, { hasgroups: true }, { hasgroups: 'true' }])
      for (const claims of [rest, ada]) {
        assert.deepEqual(told({ ...claims, ...more }).groups, overage);
        assert.equal('groups' in user({ ...claims, ...more }), false);
      }
  });

  for (const [what, groups, names] of [
    ['an empty list', [], []],
    ['one text, which is one group', 'EMEA, Sales', ['EMEA, Sales']],
    ['a name from a directory', 'CN=Sales,OU=Groups,DC=acme', ['CN=Sales,OU=Groups,DC=acme']],
    ['objects with a name', [{ name: 'a', id: '1' }, { name: 'b' }], ['a', 'b']],
    ['objects with a displayName', [{ displayName: 'a', id: '1' }, { displayName: 'b' }], ['a', 'b']],
    ['objects with an id', [{ id: 'a' }, { id: 'b', type: 'x' }], ['a', 'b']],
  ] as const)
    test(`given ${what}, are known`, () => assert.deepEqual(user({ ...ada, groups }).groups, names));

  test('that are objects are named by the member that the operator says', () => {
    const groups = [{ name: 'a', path: '/a' }];
    assert.deepEqual(user({ ...ada, groups }, { groupMembers: ['path'] }).groups, ['/a']);
    assert.deepEqual(told({ ...ada, groups }, { groupMembers: ['id'] }).groups, { why: 'wrong_type' });
    assert.deepEqual(told({ ...ada, groups }, { groupMembers: ['toString'] }).groups, { why: 'wrong_type' });
  });

  for (const [what, groups, why] of [
    ['an empty text', '', 'wrong_type'],
    ['null', null, 'wrong_type'],
    ['true', true, 'wrong_type'],
    ['a number', 7, 'wrong_type'],
    ['an object', { EMEA: true }, 'wrong_type'],
    ['a list with a number', ['EMEA', 7], 'wrong_type'],
    ['a list with null', ['EMEA', null], 'wrong_type'],
    ['a list in a list', [['EMEA']], 'wrong_type'],
    ['a list with an empty text', [''], 'wrong_type'],
    ['a list of texts and objects', ['EMEA', { name: 'a' }], 'wrong_type'],
    ['objects of which one has no name', [{ name: 'a', id: '1' }, { id: '2' }], 'wrong_type'],
    ['objects with a number as name', [{ name: 7 }], 'wrong_type'],
    ['objects with nothing that we know', [{ value: 'a' }], 'wrong_type'],
    ['a list with a text that is too long', ['x'.repeat(257)], 'too_large'],
    ['a text that is too long', 'x'.repeat(257), 'too_large'],
    ['a line break', ['EMEA\n'], 'control_characters'],
    ['too many', Array.from({ length: 501 }, (_, n) => `g${n}`), 'too_large'],
    ['too much', Array.from({ length: 100 }, (_, n) => `${n}${'x'.repeat(200)}`), 'too_large'],
  ] as const) {
    test(`given ${what}, are not understood, and never a part of them is`, () => {
      assert.deepEqual(told({ ...ada, groups }).groups, { why });
      assert.equal('groups' in user({ ...ada, groups }), false);
    });
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

  test('in a claim of the operator’s choice comes from where its verification does', () => {
    const upn = { ...names, email: 'upn' };
    const verified = { ...ours, email_verified: true };
    for (const [idToken, userInfo, email] of [
      [{ upn: ours.email }, { upn: ours.email, ...verified }, ours.email],
      [{ upn: ours.email, email_verified: true }, { upn: ours.email, ...verified }, ours.email],
      [{ upn: ours.email }, verified, undefined],
      [verified, { upn: ours.email }, undefined],
      [{ upn: theirs.email, ...verified }, { upn: ours.email, ...verified }, undefined],
    ] as const)
      assert.equal(user(complete(idToken, userInfo, { names: upn }), upn).email, email);
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
