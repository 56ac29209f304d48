import { createCipheriv, createDecipheriv, createHash, type KeyObject, randomBytes } from 'node:crypto';

/** Why a sealed text does not open. */
export type Unreadable = 'garbage' | 'other_version' | 'unknown_key' | 'forged';

export interface Seal {
  /** `v1.<key id>.<nonce>.<ciphertext and tag>`, the last three in base64url. */
  seal(value: string, place: string): string;
  open(sealed: string, place: string): { readonly value: string } | { readonly unreadable: Unreadable };
}

const VERSION = 'v1';
const CIPHER = 'aes-256-gcm';
/** NIST SP 800-38D §8.2.2: with nonces by chance, a key is good for 2^32 texts. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals texts with AES-256-GCM: nobody without a key reads them, changes them, or moves one to another place. The first
 * key seals, each opens.
 */
export function createSeal(keys: readonly [KeyObject, ...KeyObject[]]): Seal {
  const byId = new Map(keys.map((key) => [keyId(key), key]));
  const [first] = keys;
  const firstId = keyId(first);

  return {
    seal(value, place) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, first, nonce).setAAD(Buffer.from(place));
      const body = Buffer.concat([cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return [VERSION, firstId, nonce.toString('base64url'), body.toString('base64url')].join('.');
    },

    open(sealed, place) {
      const [version = '', id = '', nonceText = '', bodyText = '', ...more] = sealed.split('.');
      if (!/^v\d{1,9}$/.test(version)) return { unreadable: 'garbage' };
      if (version !== VERSION) return { unreadable: 'other_version' };
      const nonce = Buffer.from(nonceText, 'base64url');
      const body = Buffer.from(bodyText, 'base64url');
      if (nonce.length !== NONCE_BYTES || body.length < TAG_BYTES || more.length > 0)
        return { unreadable: 'garbage' };
      const key = byId.get(id);
      if (!key) return { unreadable: 'unknown_key' };
      try {
        const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
          .setAAD(Buffer.from(place))
          .setAuthTag(body.subarray(-TAG_BYTES));
        const value =
          decipher.update(body.subarray(0, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
        return { value };
      } catch {
        return { unreadable: 'forged' };
      }
    },
  };
}

/** Says which key it is, and nothing about the key. */
function keyId(key: KeyObject): string {
  return createHash('sha256')
    .update('qlik-token-broker store key')
    .update(key.export())
    .digest('base64url')
    .slice(0, 8);
}
