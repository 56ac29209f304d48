import type { KeyObject } from 'node:crypto';
import { createLocalJWKSet, type JWTVerifyGetKey } from 'jose';

/** Public keys that are known beforehand, for `jwtVerify` of jose. What the signer calls its key does not matter. */
export function createFixedKeys(keys: readonly KeyObject[]): JWTVerifyGetKey {
  const find = createLocalJWKSet({
    keys: keys.map((key) => key.export({ format: 'jwk' }) as { kty: string }),
  });
  return ({ kid: _, ...header }, token) => find(header, token);
}
