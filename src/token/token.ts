import type { IssuedToken } from '../qlik/oauth/token-response.ts';

/** A user's token, as a replica caches it. */
export interface Token {
  /** Of the characters of a bearer token only (RFC 6750 §2.1). */
  readonly accessToken: string;
  /** Of the characters of a scope only (RFC 6749 §3.3). */
  readonly scope: string;
  /** By the clock. */
  readonly expiresAt: number;
  /** The same by the calendar, in ISO 8601. */
  readonly expiresAtText: string;
  /** From this time on it is renewed behind the answer. */
  readonly renewAt: number;
  /** The owner's generation under which it was obtained; it counts only while the owner has that one. */
  readonly generation: string;
}

/** Part of a token's last span over which renewals are spread. With the usual ten minutes, each is due six before the end. */
const SPREAD = 0.4;

/**
 * The token to keep, with a time of its own for its renewal: early in its last `refreshBeforeMs`, so that tokens that
 * end together are renewed one by one, and a page that asks every five minutes asks once more between that time and the
 * last minute, in which no token is handed out. A token that lives shorter than that span is renewed in its second half.
 */
export function keepToken(
  { accessToken, scope, lifetimeMs }: IssuedToken,
  generation: string,
  requestedAt: number,
  refreshBeforeMs: number,
  random: number,
  wallAheadMs: number,
): Token {
  const span = Math.min(refreshBeforeMs, lifetimeMs / 2);
  return tokenUntil(
    requestedAt + lifetimeMs,
    { accessToken, scope, generation },
    span - span * SPREAD * random,
    wallAheadMs,
  );
}

/** A token that ends at `expiresAt`, to be renewed so much earlier. `wallAheadMs`: of the clock by which it ends. */
export function tokenUntil(
  expiresAt: number,
  { accessToken, scope, generation }: Pick<Token, 'accessToken' | 'scope' | 'generation'>,
  renewBeforeMs: number,
  wallAheadMs: number,
): Token {
  return {
    accessToken,
    scope,
    expiresAt,
    expiresAtText: new Date(expiresAt + wallAheadMs).toISOString(),
    renewAt: expiresAt - renewBeforeMs,
    generation,
  };
}

/** How long the token is still accepted, in milliseconds; nothing or less when it is not. */
export function remainingMs(token: Token, now: number): number {
  return token.expiresAt - now;
}
