import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { certificates, privateKey } from '../../src/config/kinds/keys.ts';
import { CERTIFICATE, ecKey, pem, rsaKey } from './pem.ts';

const rsa = rsaKey(2048);
const p384 = ecKey('P-384');

describe('a private key', () => {
  for (const [what, key] of [
    ['RSA of 2048 bits', rsa],
    ['EC P-384', p384],
  ] as const) {
    test(`as PEM, ${what}, is taken`, () => {
      assert.ok(privateKey.parse(pem(key)).equals(key));
    });

    test(`as JWK, ${what}, is taken`, () => {
      const jwk = JSON.stringify(key.export({ format: 'jwk' }), undefined, 2);
      assert.ok(privateKey.parse(`\n ${jwk}\n`).equals(key));
    });
  }

  test('as PKCS #1 PEM is taken', () => {
    const text = rsa.export({ type: 'pkcs1', format: 'pem' }).toString();
    assert.ok(privateKey.parse(text).equals(rsa));
  });

  const publicPem = (key: KeyObject) => JSON.stringify({ ...key.export({ format: 'jwk' }), d: undefined });
  const unfit: [string, string][] = [
    ['nothing', ''],
    ['no PEM', 'canary'],
    ['a PEM whose body is broken', pem(rsa).replace(/[A-Za-z]{20}/, 'canarycanarycanary!!')],
    ['half a PEM', pem(rsa).slice(0, 400)],
    ['a JWK that is no JSON', '{canary'],
    ['a JWK without a key', '{"kty":"RSA","d":"canary"}'],
    ['a public JWK', publicPem(p384)],
    ['a symmetric JWK', '{"kty":"oct","k":"Y2FuYXJ5"}'],
    ['RSA of 1024 bits', pem(rsaKey(1024))],
    ['EC P-256', pem(ecKey('P-256'))],
    ['EC secp256k1', pem(ecKey('secp256k1'))],
    ['a certificate', CERTIFICATE],
  ];
  for (const [what, text] of unfit) {
    test(`given ${what}, is refused without repeating any of it`, () => {
      assert.throws(
        () => privateKey.parse(text),
        (error: Error) => {
          assert.equal(error.message, `expected ${privateKey.expected}`);
          assert.equal(error.cause, undefined);
          assert.doesNotMatch(inspect(error), /canary/);
          return true;
        },
      );
    });
  }
});

describe('CA certificates', () => {
  test('one, or several with text between them, are taken as they are', () => {
    for (const text of [CERTIFICATE, `${CERTIFICATE}\n# another\n${CERTIFICATE}`, `# mine\n${CERTIFICATE}`]) {
      assert.equal(certificates.parse(text), text);
    }
  });

  // A broken one would show only as a tenant that cannot be reached.
  const broken: [string, string][] = [
    ['nothing', ''],
    ['no PEM', 'certificate'],
    ['a private key', pem(p384)],
    ['a PEM that holds no certificate', '-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----'],
    ['half of one', CERTIFICATE.slice(0, 200)],
    ['one and half of another', `${CERTIFICATE}\n${CERTIFICATE.slice(0, 200)}`],
  ];
  for (const [what, text] of broken) {
    test(`given ${what}, are refused`, () =>
      assert.throws(() => certificates.parse(text), { message: `expected ${certificates.expected}` }));
  }
});
