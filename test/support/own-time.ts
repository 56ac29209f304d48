const TICK_MS = 10;

/**
 * Does something, and tells how long that took by a clock which this process ticks itself, in milliseconds: while the
 * machine is busy elsewhere, the clock stands still, as does what it measures. It never runs ahead of the wall's.
 */
export async function ownTimeOf<T>(action: () => Promise<T>): Promise<{ result: T; ownMs: number }> {
  let ownMs = 0;
  const ticking = setInterval(() => {
    ownMs += TICK_MS;
  }, TICK_MS);
  try {
    const result = await action();
    return { result, ownMs };
  } finally {
    clearInterval(ticking);
  }
}
