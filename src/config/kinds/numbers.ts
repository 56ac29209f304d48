import type { Rate } from '../../lib/rate-limiter.ts';
import { type Kind, kind } from './kind.ts';

/** A TCP port. */
export const port: Kind<number> = kind('a port from 1 to 65535', (raw) => {
  // As for `ADMIN_PORT` and a Service named `admin`.
  if (/^(tcp|udp|sctp):\/\//.test(raw))
    throw new Error(
      'is what Kubernetes sets for a Service of that name; give the pod `enableServiceLinks: false`',
    );
  return wholeNumber(raw, 1, 65_535);
});

/** A whole number of 1 or more. */
export const count: Kind<number> = kind('a whole number from 1 to 10000000', (raw) =>
  wholeNumber(raw, 1, 10_000_000),
);

const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** Nothing here is meant to take longer, and far beyond it neither dates nor Redis can follow. */
const LONGEST_MS = 365 * UNITS_MS.d;

/** A span of time, in milliseconds. */
export const duration: Kind<number> = kind(
  'a duration such as `500ms`, `30s`, `15m`, `10h` or `2d`, at most `365d`',
  (raw) => {
    const match = /^(\d{1,15})(ms|s|m|h|d)$/.exec(raw);
    const ms = match ? Number(match[1]) * UNITS_MS[match[2] as keyof typeof UNITS_MS] : Number.NaN;
    return ms <= LONGEST_MS ? ms : undefined;
  },
);

const WINDOWS_MS = { s: 1_000, min: 60_000, h: 3_600_000 } as const;

/** So many in a span of time. */
export const rate: Kind<Rate> = kind('a rate such as `10/s`, `90/min` or `1000/h`', (raw) => {
  const match = /^(\d{1,7})\/(s|min|h)$/.exec(raw);
  const limit = Number(match?.[1]);
  return match && limit > 0
    ? { limit, windowMs: WINDOWS_MS[match[2] as keyof typeof WINDOWS_MS] }
    : undefined;
});

/** The number that a text of digits is, from `min` to `max`; undefined for any other. */
export function wholeNumber(raw: string, min: number, max: number): number | undefined {
  const value = /^\d{1,15}$/.test(raw) ? Number(raw) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}
