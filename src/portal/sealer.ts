import { hkdfSync } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Secret } from '../config/secret.ts';
import { openBytes, sealBytes } from '../lib/seal.ts';

/** Gives a text to a browser to keep that can neither read nor change it. */
export interface Sealer {
  /** In base64url, as short as that goes. `context` is not in it; it opens only with the same. */
  seal(text: string, context: string): string;
  /** The text; undefined for whatever was not sealed with one of the secrets and this context. */
  open(sealed: string, context: string): string | undefined;
}

/** AES-256-GCM, under keys that HKDF (RFC 5869) derives for this purpose. The first secret seals, all open. */
export function createSealer(secrets: readonly Secret[], purpose: string): Sealer {
  const keys = secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret.reveal(), '', purpose, 32)));

  return {
    seal: (text, context) =>
      sealBytes(keys[0] as Buffer, deflateRawSync(text), context).toString('base64url'),

    open(sealed, context) {
      const bytes = Buffer.from(sealed, 'base64url');
      // Node reads over what is not base64url, and one text alone was sealed.
      if (bytes.toString('base64url') !== sealed) return undefined;
      for (const key of keys) {
        const opened = openBytes(key, bytes, context);
        if (opened) return inflateRawSync(opened).toString();
      }
      return undefined;
    },
  };
}
