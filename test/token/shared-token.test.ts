import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodeToken, encodeToken, type SharedToken } from '../../src/token/shared-token.ts';
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
  qlikUser: 'sub',
};

describe('a shared token', () => {
  test('is read as it was written, by whoever has its key or asks for none', () => {
    const text = encodeToken(key('ada'), token);
    assert.deepEqual(decodeToken(text, key('ada')), token);
    assert.deepEqual(decodeToken(text), token);
    const unknown = { ...token, scope: '', renewBeforeMs: 0, qlikUser: undefined };
    assert.deepEqual(decodeToken(encodeToken(key('ada'), unknown)), unknown);
  });

  test('is none under another key', () => {
    const text = encodeToken(key('ada'), token);
    assert.equal(decodeToken(text, key('bruno')), undefined);
    const elsewhere = { ...key('ada'), tenant: { ...tenant, scope: 'admin_classic' } };
    assert.equal(decodeToken(text, elsewhere), undefined);
  });

  const facts = { v: 1, for: 'x', scope: 'user_default', renewBeforeMs: 5 };
  const garbage: [string, unknown, string?][] = [
    ['another version', { ...facts, v: 2 }],
    ['a version in words', { ...facts, v: '1' }],
    ['no scope', { ...facts, scope: undefined }],
    ['a scope that is none', { ...facts, scope: 'a"b' }],
    ['no time of renewal', { ...facts, renewBeforeMs: undefined }],
    ['a time of renewal in words', { ...facts, renewBeforeMs: '5' }],
    ['a time of renewal after its end', { ...facts, renewBeforeMs: -1 }],
    ['a user that is no text', { ...facts, qlikUser: 7 }],
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
