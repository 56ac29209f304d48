import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { publicKeys } from '../../src/config/kinds/public-keys.ts';
import { CERTIFICATE, ecKey, pem, publicPem, rsaKey } from './pem.ts';

const rsa = rsaKey(2048);
const ed25519 = generateKeyPairSync('ed25519').privateKey;
const jwk = (key: KeyObject, more = {}) => JSON.stringify({ ...key.export({ format: 'jwk' }), ...more });

describe('public keys', () => {
  for (const [what, key] of [
    ['RSA', rsa],
    ['P-256', ecKey('P-256')],
    ['P-384', ecKey('P-384')],
    ['P-521', ecKey('P-521')],
    ['Ed25519', ed25519],
  ] as const) {
    test(`of ${what} are taken as PEM and as JWK`, () => {
      const expected = createPublicKey(key);
      for (const text of [publicPem(key), jwk(expected, { kid: 'k1', alg: 'any', use: 'sig' })]) {
        const keys = publicKeys.parse(`\n${text}\n`);
        assert.deepEqual(
          keys.map((read) => read.equals(expected)),
          [true],
        );
      }
    });
  }

  test('as PKCS #1 PEM, and several with text between them, are taken', () => {
    const pkcs1 = createPublicKey(rsa).export({ type: 'pkcs1', format: 'pem' }).toString();
    const keys = publicKeys.parse(`# old\r\n${pkcs1}\r\n# new\r\n${publicPem(ed25519)}`);
    assert.deepEqual(
      keys.map(({ asymmetricKeyType }) => asymmetricKeyType),
      ['rsa', 'ed25519'],
    );
  });

  const body = publicPem(rsa).split('\n').slice(1, -2).join('\n');
  for (const [what, text] of [
    ['nothing', ' '],
    ['no PEM', 'canary'],
    ['half a PEM', publicPem(rsa).slice(0, 200)],
    ['a PEM whose body is broken', publicPem(rsa).replace(/\n[A-Za-z0-9+/]{20}/, '\ncanarycanarycanary!!')],
    ['one key and half of another', publicPem(rsa) + publicPem(rsa).slice(0, 200)],
    ['a private key', pem(rsa)],
    ['a private key beside a public one', publicPem(rsa) + pem(rsa)],
    ['a private key in the clothes of a public one', pem(rsa).replaceAll('PRIVATE', 'PUBLIC')],
    ['a certificate', CERTIFICATE],
    ['a private JWK', jwk(ed25519)],
    ['a symmetric JWK', '{"kty":"oct","k":"Y2FuYXJ5"}'],
    ['a JWK that is no JSON', '{canary'],
    ['a JWK without a key', '{"kty":"RSA","n":"canary"}'],
    ['a JWK Set', `{"keys":[${jwk(createPublicKey(rsa))}]}`],
    ['RSA of 1024 bits', publicPem(rsaKey(1024))],
    ['EC secp256k1', publicPem(ecKey('secp256k1'))],
    ['RSA for PSS only', publicPem(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey)],
    ['X25519', publicPem(generateKeyPairSync('x25519').privateKey)],
    ['a fit key and an unfit one', publicPem(rsa) + publicPem(ecKey('secp256k1'))],
    ['a key without its frame', body],
  ] as const) {
    test(`given ${what}, are refused without repeating any of it`, () => {
      assert.throws(
        () => publicKeys.parse(text),
        (error: Error) => {
          assert.equal(error.message, `expected ${publicKeys.expected}`);
          assert.doesNotMatch(inspect(error), /canary/);
          return true;
        },
      );
    });
  }
});
