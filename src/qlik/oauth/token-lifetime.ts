const LONGEST_MS = 24 * 3_600_000;
/** For a token that says nothing about its end. */
const UNKNOWN_MS = 5 * 60_000;

/**
 * How long a token may be used from now on, in milliseconds, whatever the tenant says: `expires_in`, else `expires_at`,
 * else five minutes; never beyond the token's own `exp`, nor beyond a day. What is not a positive number counts as not
 * said; but a token that ended before it was issued lives not at all. Times of the tenant are compared with times of
 * the tenant, so that our clock does not matter.
 */
export function safeLifetimeMs(
  answer: { expires_in?: unknown; expires_at?: unknown },
  claims: { exp?: unknown; iat?: unknown },
  tenantNow: number,
): number {
  const said = positive(secondsAsMs(answer.expires_in)) ?? positive(msUntil(answer.expires_at, tenantNow));
  const issuedAt = secondsAsMs(claims.iat) ?? tenantNow;
  const endsAt = secondsAsMs(claims.exp);
  const claimed = endsAt === undefined ? undefined : Math.max(0, endsAt - issuedAt);
  return Math.min(said ?? claimed ?? UNKNOWN_MS, claimed ?? LONGEST_MS, LONGEST_MS);
}

/** A number of seconds, or a string of digits, in milliseconds; undefined when it is neither, or has no end. */
function secondsAsMs(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds * 1_000) ? seconds * 1_000 : undefined;
}

function msUntil(date: unknown, now: number): number | undefined {
  return typeof date === 'string' ? Date.parse(date) - now : undefined;
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}
