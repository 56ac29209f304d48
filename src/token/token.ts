import type { IssuedToken } from './token-issuer.ts';

/** A token that is held for a user. */
export interface Token {
  readonly accessToken: string;
  readonly scope: string;
  /** Milliseconds since the epoch, by this machine's clock. */
  readonly expiresAt: number;
  /** From this time on it is renewed behind the answer. */
  readonly renewAt: number;
}

/**
 * The token to keep, with a time of its own for its renewal: in the first half of its last `refreshBeforeMs`, so that
 * tokens that end together are renewed one by one, and each early enough for a page that asks every few minutes.
 * A token that lives shorter than that span is renewed in its second half.
 */
export function keepToken(
  issued: IssuedToken,
  requestedAt: number,
  refreshBeforeMs: number,
  random: number,
): Token {
  const span = Math.min(refreshBeforeMs, issued.lifetimeMs / 2);
  const expiresAt = requestedAt + issued.lifetimeMs;
  return {
    accessToken: issued.accessToken,
    scope: issued.scope,
    expiresAt,
    renewAt: expiresAt - span + (span / 2) * random,
  };
}

/** How long the token is still accepted, in milliseconds; nothing or less when it is not. */
export function remainingMs(token: Token, now: number): number {
  return token.expiresAt - now;
}
