/** The longest that a tenant is believed; pages are told this too. */
const LONGEST_MS = 10 * 60_000;

/**
 * What a `Retry-After` header asks for (RFC 9110 §10.2.3), in milliseconds: seconds, or a date, which is read against
 * the `Date` of the same answer, since the clocks may differ. Undefined when it is absent, past or not understood.
 */
export function readRetryAfterMs(
  headers: { 'retry-after'?: unknown; date?: unknown },
  now: number,
): number | undefined {
  const value = headers['retry-after'];
  if (typeof value !== 'string') return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Math.min(Math.max(1, Number(value)) * 1_000, LONGEST_MS);
  const sentAt = typeof headers.date === 'string' ? Date.parse(headers.date) : now;
  const waitMs = Date.parse(value) - (Number.isNaN(sentAt) ? now : sentAt);
  return waitMs > 0 ? Math.min(waitMs, LONGEST_MS) : undefined;
}
