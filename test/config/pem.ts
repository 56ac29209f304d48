import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** A certificate without a purpose; its private key was thrown away. */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBgDCCASWgAwIBAgIUYZAboW1Rt5qBnvTpfKh4EHQloeYwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJQSB0ZXN0IENBMCAXDTI2MTEyMTE0MTk1M1oYDzIxMjYxMDI4
MTQxOTUzWjAUMRIwEAYDVQQDDAlBIHRlc3QgQ0EwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATeJ7orjlilVkzfOu3WWRf3uv8HoF0C4sa7ZshLbWzrwUQ1/SqdEBfg
REVlspskKWrqw0wSDRYKBxOMuCzpjxXWo1MwUTAdBgNVHQ4EFgQU41ZeUZpyOUPD
g9AbUdpiOaJmKWkwHwYDVR0jBBgwFoAU41ZeUZpyOUPDg9AbUdpiOaJmKWkwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAk2/mxwTpkbV4tBi4EHR5
VHPEgqYKMPECaOIQOHrWDv4CIQDWPusdbmt2/9NeoZKVsC/XydClB8sjVwmGfbJc
bFl58Q==
-----END CERTIFICATE-----
`;

export function rsaKey(modulusLength: number): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength }).privateKey;
}

export function ecKey(namedCurve: string): KeyObject {
  return generateKeyPairSync('ec', { namedCurve }).privateKey;
}

export function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Of a private key, its public one. */
export function publicPem(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
}
