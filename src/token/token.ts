import type { IssuedToken } from './token-issuer.ts';

/** A token that is held for a user. */
export interface Token {
  /** Of the characters of a bearer token only (RFC 6750 §2.1). */
  readonly accessToken: string;
  readonly scope: string;
  /** Milliseconds since the epoch, by this machine's clock. */
  readonly expiresAt: number;
  /** The same in ISO 8601. */
  readonly expiresAtText: string;
  /** From this time on it is renewed behind the answer. */
  readonly renewAt: number;
}

/** Part of a token's last span over which renewals are spread. With the usual ten minutes, each is due six before the end. */
const SPREAD = 0.4;

/**
 * The token to keep, with a time of its own for its renewal: early in its last `refreshBeforeMs`, so that tokens that
 * end together are renewed one by one, and a page that asks every five minutes asks once more between that time and the
 * last minute, in which no token is handed out. A token that lives shorter than that span is renewed in its second half.
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
    expiresAtText: new Date(expiresAt).toISOString(),
    renewAt: expiresAt - span + span * SPREAD * random,
  };
}

/** How long the token is still accepted, in milliseconds; nothing or less when it is not. */
export function remainingMs(token: Token, now: number): number {
  return token.expiresAt - now;
}
