/** Time, so that tests can move it. */
export interface Clock {
  /**
   * Milliseconds since the epoch as they were at the start, and what has passed since then: for spans of time, which nobody
   * can set.
   */
  now(): number;
  /** Milliseconds since the epoch, by the calendar of the machine, which can be set: for what others date. */
  wall(): number;
  /** Calls back once after `ms` milliseconds; the returned function takes that back. Keeps no process alive. */
  after(ms: number, callback: () => void): () => void;
}

const START = performance.timeOrigin;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Math.round(START + performance.now()),
  wall: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms).unref();
    return () => clearTimeout(timer);
  },
};

/** How far the calendar is ahead of the clock. */
export function wallAheadMs(clock: Clock): number {
  return clock.wall() - clock.now();
}

/** Resolves after `ms` milliseconds; rejects with the reason of an aborted signal, and leaves no timer then. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
    function abort(): void {
      cancel();
      reject(signal.reason);
    }
    signal.addEventListener('abort', abort, { once: true });
  });
}
