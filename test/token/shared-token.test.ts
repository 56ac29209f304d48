import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  decodeToken,
  encodeToken,
  type FoundToken,
  isAnotherUsers,
  isTokenOf,
  type SharedToken,
} from '../../src/token/shared-token.ts';
import type { TokenKey } from '../../src/token/token-key.ts';

const tenant = {
  name: 'acme',
  url: 'https://acme.eu.qlikcloud.com',
  clientId: 'client',
  scope: 'user_default',
};
const key = (owner: string): TokenKey => ({ tenant, owner, lookup: { field: 'subject', value: 'ada' } });
const token: SharedToken = {
  accessToken: 'a.b-c_d',
  scope: 'user_default',
  renewBeforeMs: 5,
  identity: { id: 'sub', subject: 'ada' },
};

describe('a shared token', () => {
  const found = (from: TokenKey, written = token) => decodeToken(encodeToken(from, written)) as FoundToken;

  test('is read as it was written', () => {
    for (const written of [token, { ...token, scope: '', renewBeforeMs: 0, identity: {} }]) {
      const { client, user, ...read } = found(key('ada'), written);
      assert.deepEqual(read, written);
    }
  });

  test('is of its key alone; only of another Qlik user with the same client it is another user’s', () => {
    const ada = found(key('ada'));
    assert.deepEqual([isTokenOf(ada, key('ada')), isAnotherUsers(ada, key('ada'))], [true, false]);
    const admin: TokenKey = { ...key('ada'), lookup: { field: 'subject', value: 'admin' } };
    assert.deepEqual([isTokenOf(ada, admin), isAnotherUsers(ada, admin)], [false, true]);
    const elsewhere = { ...key('ada'), tenant: { ...tenant, scope: 'admin_classic' } };
    for (const other of [key('bruno'), elsewhere])
      assert.deepEqual([isTokenOf(ada, other), isAnotherUsers(ada, other)], [false, false]);
  });

  const facts = { v: 2, client: 'x', user: 'y', scope: 'user_default', renewBeforeMs: 5, identity: {} };
  const garbage: [string, unknown, string?][] = [
    ['another version', { ...facts, v: 1 }],
    ['a version in words', { ...facts, v: '2' }],
    ['no scope', { ...facts, scope: undefined }],
    ['a scope that is none', { ...facts, scope: 'a"b' }],
    ['no time of renewal', { ...facts, renewBeforeMs: undefined }],
    ['a time of renewal in words', { ...facts, renewBeforeMs: '5' }],
    ['a time of renewal after its end', { ...facts, renewBeforeMs: -1 }],
    ['a user that is no text', { ...facts, identity: { id: 7 } }],
    ['no user', { ...facts, identity: undefined }],
    ['facts that are no object', [facts]],
    ['facts that are null', null],
    ['no token', facts, ''],
    ['a token that is none', facts, 'a b'],
    ['a token with a line break', facts, 'a\nb'],
  ];
  for (const [what, written, accessToken = 'a.b.c'] of garbage) {
    test(`given ${what}, is none`, () => {
      assert.equal(decodeToken(`${JSON.stringify(written)}\n${accessToken}`), undefined);
    });
  }

  test('given any text, is none, and nothing is thrown', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => decodeToken(text) === undefined));
  });
});
