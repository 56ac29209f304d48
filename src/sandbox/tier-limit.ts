const WINDOW_MS = 60_000;

/** Counts the calls of one of Qlik's rate-limit tiers. */
export interface TierLimit {
  /** Counts a call of `key`. Answers 0 when it is admitted, else the whole seconds until calls are again. */
  take(key: string): number;
}

/**
 * A window of one minute that opens with a key's first call; when the limit is reached, all further calls are
 * refused until it closes. (Qlik describes its limits as per minute over a five-minute window; what that means
 * for a burst is undocumented. This is the strict reading.)
 */
export function createTierLimit(deps: { perMinute: number; now: () => number }): TierLimit {
  const windows = new Map<string, { endsAtMs: number; calls: number }>();
  return {
    take(key) {
      const now = deps.now();
      let window = windows.get(key);
      if (!window || window.endsAtMs <= now) {
        window = { endsAtMs: now + WINDOW_MS, calls: 0 };
        windows.set(key, window);
      }
      window.calls += 1;
      return window.calls > deps.perMinute ? Math.ceil((window.endsAtMs - now) / 1000) : 0;
    },
  };
}
