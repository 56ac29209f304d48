import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { type Kind, pemKind } from './kind.ts';

const PEM_KEY = /-----BEGIN (RSA )?PUBLIC KEY-----[^-]+-----END (RSA )?PUBLIC KEY-----/g;
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1'];

/**
 * Keys with which signatures are verified (RFC 7518 §3.1, RFC 8037). A private key is refused, though a public one
 * could be made of it: it belongs nowhere but where things are signed.
 */
export const publicKeys: Kind<readonly KeyObject[]> = pemKind(
  'a public key as PEM or JWK, or several in PEM: RSA of 2048 bits or more, EC P-256, P-384 or P-521, or Ed25519',
  (raw) => {
    const keys = readKeys(raw);
    return keys.length > 0 && keys.every(isFit) ? keys : undefined;
  },
);

function readKeys(raw: string): KeyObject[] {
  try {
    if (raw.trimStart().startsWith('{')) return [readJwk(JSON.parse(raw))];
    const isPemOnly = !/-----BEGIN/.test(raw.replaceAll(PEM_KEY, ''));
    return isPemOnly ? (raw.match(PEM_KEY) ?? []).map((pem) => createPublicKey(pem)) : [];
  } catch {
    return [];
  }
}

function readJwk(jwk: JsonWebKey): KeyObject {
  if ('d' in jwk || 'k' in jwk) throw new Error('is no public key');
  return createPublicKey({ key: jwk, format: 'jwk' });
}

function isFit({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): boolean {
  return (
    (type === 'rsa' && (details?.modulusLength ?? 0) >= 2048) ||
    (type === 'ec' && CURVES.includes(details?.namedCurve ?? '')) ||
    type === 'ed25519'
  );
}
