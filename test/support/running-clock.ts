import type { Clock } from '../../src/lib/clock.ts';

/** A clock that goes with the machine's, and can be put forward. */
export interface RunningClock extends Clock {
  /** Puts time forward; what is due by then is called soon. */
  skip(ms: number): void;
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
  timeout: NodeJS.Timeout;
}

export function createRunningClock(): RunningClock {
  const timers = new Set<Timer>();
  let ahead = 0;
  const now = () => Date.now() + ahead;

  function begin(at: number, callback: () => void): NodeJS.Timeout {
    return setTimeout(callback, Math.max(0, at - now())).unref();
  }

  return {
    now,
    wall: now,

    after(ms, callback) {
      const at = now() + ms;
      const due = () => {
        timers.delete(timer);
        callback();
      };
      const timer: Timer = { at, callback: due, timeout: begin(at, due) };
      timers.add(timer);
      return () => {
        timers.delete(timer);
        clearTimeout(timer.timeout);
      };
    },

    skip(ms) {
      ahead += ms;
      for (const timer of timers) {
        clearTimeout(timer.timeout);
        timer.timeout = begin(timer.at, timer.callback);
      }
    },
  };
}
