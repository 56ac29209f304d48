import { createHash, type KeyObject } from 'node:crypto';
import { NONCE_BYTES, openText, sealText, TAG_BYTES } from '../lib/seal.ts';

/** Why a sealed text does not open. */
export type Unreadable = 'garbage' | 'other_version' | 'unknown_key' | 'forged';

export interface Seal {
  /** `v1.<key id>.<nonce>.<ciphertext and tag>`, the last three in base64url. */
  seal(value: string, context: string): string;
  open(sealed: string, context: string): { readonly value: string } | { readonly unreadable: Unreadable };
}

const VERSION = 'v1';

/**
 * Seals texts with AES-256-GCM: nobody without a key reads them, changes them, or moves one to another place. The first
 * key seals, each opens.
 */
export function createSeal(keys: readonly [KeyObject, ...KeyObject[]]): Seal {
  const byId = new Map(keys.map((key) => [keyId(key), key]));
  const [first] = keys;
  const firstId = keyId(first);

  return {
    seal(value, context) {
      const sealed = sealText(first, value, context);
      const parts = [sealed.subarray(0, NONCE_BYTES), sealed.subarray(NONCE_BYTES)];
      return [VERSION, firstId, ...parts.map((part) => part.toString('base64url'))].join('.');
    },

    open(sealed, context) {
      const [version = '', id = '', nonceText = '', bodyText = '', ...more] = sealed.split('.');
      if (!/^v\d{1,9}$/.test(version)) return { unreadable: 'garbage' };
      if (version !== VERSION) return { unreadable: 'other_version' };
      const nonce = Buffer.from(nonceText, 'base64url');
      const body = Buffer.from(bodyText, 'base64url');
      if (nonce.length !== NONCE_BYTES || body.length < TAG_BYTES || more.length > 0)
        return { unreadable: 'garbage' };
      const key = byId.get(id);
      if (!key) return { unreadable: 'unknown_key' };
      const value = openText(key, Buffer.concat([nonce, body]), context);
      return value === undefined ? { unreadable: 'forged' } : { value };
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
