import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { describe, test } from 'node:test';
import type { JWTVerifyGetKey } from 'jose';
import { acceptedUntilMs, verifyToken } from '../../src/portal/signed-token.ts';
import { hs256, jwt, rs256, signingKey } from '../support/jwt.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const SECRET = 's'.repeat(40);
const key = signingKey('one');
const iat = START / 1_000;
const claims = { iss: 'i', aud: 'a', iat, exp: iat + 60 };

const rules = (keys: JWTVerifyGetKey, time: number) => ({
  keys,
  issuer: 'i',
  audience: 'a',
  now: () => time,
});
const accepts = (token: string, time: number) =>
  verifyToken(
    token,
    rules(async () => key.publicKey, time),
  ).then(
    () => true,
    () => false,
  );

test('a token of HS256 is refused even when a shared secret stands among the keys', async () => {
  const token = jwt({ alg: 'HS256' }, claims, hs256(SECRET));
  const keys = async () => createSecretKey(Buffer.from(SECRET));
  await assert.rejects(verifyToken(token, rules(keys, START)), { code: 'ERR_JOSE_ALG_NOT_ALLOWED' });
});

// For so long a logout token must be remembered as used.
describe('a token is accepted until the second that is said, and not beyond', () => {
  for (const [what, exp] of [
    ['that soon expires', iat + 60],
    ['that expires within a second', iat + 60.5],
    ['that lives longer than it may be old', iat + 3_600],
  ] as const) {
    test(`when it is one ${what}`, async () => {
      const payload = { ...claims, exp };
      const token = jwt({ alg: 'RS256' }, payload, rs256(key));
      const end = acceptedUntilMs(payload);
      assert.deepEqual([await accepts(token, end - 1_001), await accepts(token, end)], [true, false]);
    });
  }
});
