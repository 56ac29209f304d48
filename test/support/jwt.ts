import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** An RSA key of a test's, and how it is published. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: Record<string, unknown>;
}

/** Another key each time. */
export function signingKey(kid: string, modulusLength = 2048): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' };
  return { kid, privateKey, publicKey, jwk };
}

let own: SigningKey | undefined;

/** The key of those who sign rightly, one for a whole process: making a key costs more than most tests do. */
export function ownKey(): SigningKey {
  own ??= signingKey('k1');
  return own;
}

/** A JWT whose signature is what `signer` makes of its first two parts. */
export function jwt(header: object, payload: unknown, signer: (input: string) => Buffer): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signer(input).toString('base64url')}`;
}

export const rs256 =
  ({ privateKey }: SigningKey) =>
  (input: string): Buffer =>
    sign('sha256', Buffer.from(input), privateKey);

export const hs256 =
  (key: string | Buffer) =>
  (input: string): Buffer =>
    createHmac('sha256', key).update(input).digest();

export const unsigned = (): Buffer => Buffer.alloc(0);

function encode(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return Buffer.from(text).toString('base64url');
}
