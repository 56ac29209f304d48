import { BoundedMap } from './bounded-map.ts';

/** A number of calls in a span of time. */
export interface Rate {
  readonly limit: number;
  readonly windowMs: number;
}

/** So many calls per key in a span of time, at once or spread out. */
export interface RateLimiter {
  /** Milliseconds until the key may call again; 0 when it may now. Counts nothing. */
  waitMs(key: string): number;
  /** Counts a call, if there is room for it; answers like `waitMs` did before. */
  take(key: string): number;
  /** What was counted was not done. */
  giveBack(key: string): void;
}

const MAX_KEYS = 100_000;
/** What adding up parts of milliseconds may be off by. */
const ROUNDING_MS = 0.001;

/** A token bucket for each key; the oldest are forgotten when there are too many. */
export function createRateLimiter({ limit, windowMs }: Rate, now: () => number): RateLimiter {
  const perCallMs = windowMs / limit;
  /** When the key's bucket is full again. */
  const buckets = new BoundedMap<string, { fullAt: number }>(MAX_KEYS);

  function wait(fullAt: number, time: number): number {
    return Math.max(0, Math.ceil(fullAt - time + perCallMs - windowMs - ROUNDING_MS));
  }

  return {
    waitMs: (key) => wait(buckets.get(key)?.fullAt ?? 0, now()),

    take(key) {
      const time = now();
      const bucket = buckets.get(key);
      if (!bucket) {
        buckets.set(key, { fullAt: time + perCallMs });
        return 0;
      }
      const waitMs = wait(bucket.fullAt, time);
      if (waitMs === 0) bucket.fullAt = Math.max(bucket.fullAt, time) + perCallMs;
      return waitMs;
    },

    giveBack(key) {
      const bucket = buckets.get(key);
      if (bucket) bucket.fullAt -= perCallMs;
    },
  };
}
