import { type CipherKey, createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
/** NIST SP 800-38D §8.2.2: with nonces by chance, a key is good for 2^32 texts. */
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/** A text that nobody without the key can read, change, or use in another context: nonce, ciphertext, tag. */
export function sealText(key: CipherKey, text: string, context: string): Buffer {
  return sealBytes(key, Buffer.from(text), context);
}

/** The same, of any bytes. */
export function sealBytes(key: CipherKey, bytes: Buffer, context: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(context));
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

/** The text; undefined for whatever was not sealed with this key and context. */
export function openText(key: CipherKey, sealed: Buffer, context: string): string | undefined {
  return openBytes(key, sealed, context)?.toString();
}

/** The same, of any bytes. */
export function openBytes(key: CipherKey, sealed: Buffer, context: string): Buffer | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
    .setAAD(Buffer.from(context))
    .setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}
