import type { JWK } from 'jose';
import { badRequest } from './errors.ts';
import type { ClientKey } from './model.ts';

const MIN_RSA_BITS = 2048;
const KEY_TYPES = new Map([
  ['RS256', 'RSA'],
  ['RS512', 'RSA'],
  ['ES384', 'EC'],
]);

/**
 * The keys that a client may register for `private_key_jwt`: public ones with `kid`, `use: "sig"` and an `alg` of
 * RS256, RS512 or ES384, RSA of 2048 bits or more, no `kid` twice. Throws a `QlikError` (400) for any other.
 */
export function acceptPublicKeys(keys: readonly JWK[]): ClientKey[] {
  const accepted = keys.map(acceptPublicKey);
  if (new Set(accepted.map((key) => key.kid)).size < accepted.length) {
    throw badRequest('publicKeys has the same kid twice');
  }
  return accepted;
}

function acceptPublicKey(key: JWK): ClientKey {
  const { kid, use, alg, kty } = key;
  if (typeof kid !== 'string' || kid === '') throw badRequest('a public key needs a kid');
  if (use !== 'sig') throw badRequest('a public key needs "use": "sig"');
  if (key.d !== undefined) throw badRequest('a private key was sent where a public one is expected');
  if (!isSupported(alg) || KEY_TYPES.get(alg) !== kty) {
    throw badRequest('a public key is RSA with RS256 or RS512, or EC with ES384');
  }
  if (kty === 'EC' && (key.crv !== 'P-384' || !key.x || !key.y)) {
    throw badRequest('an EC key is on P-384, with x and y');
  }
  if (kty === 'RSA' && (!key.e || modulusBits(key.n) < MIN_RSA_BITS)) {
    throw badRequest(`an RSA key has ${MIN_RSA_BITS} bits or more`);
  }
  return { ...key, kid, alg };
}

function isSupported(alg: string | undefined): alg is ClientKey['alg'] {
  return alg !== undefined && KEY_TYPES.has(alg);
}

function modulusBits(n: string | undefined): number {
  const bytes = Buffer.from(n ?? '', 'base64url');
  const start = bytes.findIndex((byte) => byte !== 0);
  if (start < 0) return 0;
  return (bytes.length - start - 1) * 8 + (32 - Math.clz32(bytes[start] ?? 0));
}
