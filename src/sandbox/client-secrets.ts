import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ClientSecret } from './model.ts';

/** A client has at most this many secrets at one time. */
export const MAX_SECRETS = 5;

/** A new secret of 64 hex digits, to be shown once, and the record that is kept of it. */
export function generateSecret(
  createdBy: string,
  createdAt: string,
): { clientSecret: string; record: ClientSecret } {
  const clientSecret = randomBytes(32).toString('hex');
  const record = { hint: clientSecret.slice(0, 5), digest: digestOf(clientSecret), createdAt, createdBy };
  return { clientSecret, record };
}

/**
 * Whether `presented` is one of the secrets. Every secret is compared, each in constant time, and somebody who
 * names an unknown client (no secrets) costs one comparison too.
 */
export function isOneOf(presented: string, secrets: readonly ClientSecret[]): boolean {
  const digest = digestOf(presented);
  let found = false;
  for (const secret of secrets) found = timingSafeEqual(digest, secret.digest) || found;
  if (secrets.length === 0) timingSafeEqual(digest, digest);
  return found;
}

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
