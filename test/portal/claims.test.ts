import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ClaimOptions, userFromClaims } from '../../src/portal/claims.ts';

const options: ClaimOptions = {
  names: { id: 'sub', email: 'email', name: 'name', groups: 'groups', others: ['employee'] },
  trustEmail: false,
};
const user = (claims: Record<string, unknown>, more: Partial<ClaimOptions> = {}) =>
  userFromClaims({ sub: 'ada', ...claims }, { ...options, ...more });

describe('who the claims say it is', () => {
  test('is told by the claim that the settings name', () => {
    assert.deepEqual(user({ name: 'Ada', employee: 7, secret: 'x' }), {
      id: 'ada',
      name: 'Ada',
      claims: { employee: 7 },
    });
  });

  for (const sub of [undefined, '', 1, null, ['ada'], 'a\nb', 'a\u0000', 'x'.repeat(257)]) {
    test(`is nobody with an id of ${JSON.stringify(sub)?.slice(0, 20)}`, () => {
      assert.throws(() => user({ sub }), { name: 'SignInRefusedError', code: 'bad_request' });
    });
  }

  test('is no member that every object has', () => {
    assert.throws(() => userFromClaims({}, { ...options, names: { ...options.names, id: 'constructor' } }), {
      name: 'SignInRefusedError',
    });
  });
});

describe('an e-mail', () => {
  const email = 'ada@example.com';
  for (const email_verified of [undefined, false, 'true', 1]) {
    test(`with email_verified ${JSON.stringify(email_verified)} does not count, not even as the id`, () => {
      assert.equal(user({ email, email_verified }).email, undefined);
      const names = { ...options.names, id: 'email' };
      assert.throws(() => user({ email, email_verified }, { names }), { name: 'SignInRefusedError' });
    });
  }

  test('that is verified, or trusted, counts', () => {
    assert.equal(user({ email, email_verified: true }).email, email);
    assert.equal(user({ email }, { trustEmail: true }).email, email);
  });
});

describe('groups', () => {
  // Guards against a provisioning that takes all groups from somebody whose token tells of none.
  const unknown: [string, Record<string, unknown>][] = [
    ['no claim', {}],
    ['the overage of Entra ID', { _claim_names: { groups: 'src1' } }],
    ['a text', { groups: 'Sales' }],
    ['one that is no text', { groups: ['Sales', 7] }],
    ['one with a line break', { groups: ['Sales', 'a\nb'] }],
    ['more than can be kept', { groups: Array.from({ length: 501 }, (_, i) => `g${i}`) }],
  ];
  for (const [what, claims] of unknown) {
    test(`given ${what}, are not known`, () => assert.equal(user(claims).groups, undefined));
  }

  test('that are told are all of them, once each; none can be told too', () => {
    assert.deepEqual(user({ groups: ['Sales', 'EMEA', 'Sales'] }).groups, ['Sales', 'EMEA']);
    assert.deepEqual(user({ groups: [] }).groups, []);
  });
});
