import { createPrivateKey, type JsonWebKey, type KeyObject, X509Certificate } from 'node:crypto';
import { type Kind, kind, pemKind } from './kind.ts';
import { secureUrl } from './urls.ts';

/**
 * A private key with which Qlik Cloud accepts client assertions: RSA of 2048 bits or more (RS256) or P-384 (ES384).
 * A `KeyObject` prints nothing of the key.
 */
export const privateKey: Kind<KeyObject> = pemKind(
  'a private key as PEM or JWK: RSA of 2048 bits or more, or EC P-384',
  (raw) => {
    const key = readPrivateKey(raw);
    const details = key?.asymmetricKeyDetails;
    const accepted =
      (key?.asymmetricKeyType === 'rsa' && (details?.modulusLength ?? 0) >= 2048) ||
      (key?.asymmetricKeyType === 'ec' && details?.namedCurve === 'secp384r1');
    return accepted ? key : undefined;
  },
);

/** Where a JWK Set is published (RFC 7517 §5). Plain http passes on loopback only; the rules refuse it in production. */
export const jwksUrl: Kind<string> = kind(
  'a URL such as `https://portal.example.com/jwks.json`: https, no credentials, no fragment',
  (raw) => secureUrl(raw)?.href,
);

const BY_KID = '/{kid}';

/** Where a JWK Set is published; or single keys, each under its `kid` at the end, which stays `{kid}` here. */
export const keysUrl: Kind<string> = kind(
  'a URL such as `https://portal.example.com/jwks.json`, or one that ends in `/{kid}`: https, no credentials, no fragment',
  (raw) => {
    if (!raw.endsWith(BY_KID)) return /[{}]/.test(raw) ? undefined : secureUrl(raw)?.href;
    const folder = raw.slice(0, -BY_KID.length);
    const url = /[{}?]/.test(folder) ? undefined : secureUrl(`${folder}/`);
    return url && url.href + BY_KID.slice(1);
  },
);

const PEM_CERTIFICATE = '-----BEGIN CERTIFICATE-----';

/** CA certificates in PEM. */
export const certificates: Kind<string> = pemKind('CA certificates in PEM', (raw) => {
  const [, ...blocks] = raw.split(PEM_CERTIFICATE);
  return blocks.length > 0 && blocks.every((block) => isCertificate(PEM_CERTIFICATE + block))
    ? raw
    : undefined;
});

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

function readPrivateKey(raw: string): KeyObject | undefined {
  try {
    return raw.trimStart().startsWith('{')
      ? createPrivateKey({ key: JSON.parse(raw) as JsonWebKey, format: 'jwk' })
      : createPrivateKey(raw);
  } catch {
    return undefined;
  }
}
