import type { Clock } from '../../src/lib/clock.ts';

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  /** Moves time on, calling what is due on the way, each at its own time. Lets promises settle in between. */
  advance(ms: number): Promise<void>;
  /** Sets the time without calling anything, as a clock that was wrong is set. */
  jump(ms: number): void;
  /** Sets the calendar, and not what passes: as an operator, or a server of time, sets a machine's. */
  setWall(ms: number): void;
  /** How many calls are due at some time. */
  readonly pending: number;
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

export function createManualClock(start = Date.parse('2026-01-01T00:00:00Z')): ManualClock {
  const timers = new Set<Timer>();
  let time = start;
  let wallAhead = 0;

  return {
    now: () => time,
    wall: () => time + wallAhead,

    after(ms, callback) {
      const timer = { at: time + ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },

    async advance(ms) {
      const end = time + ms;
      await settle();
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (!next) break;
        timers.delete(next);
        time = Math.max(time, next.at);
        next.callback();
        await settle();
      }
      time = end;
      await settle();
    },

    jump(ms) {
      time += ms;
    },

    setWall(ms) {
      wallAhead += ms;
    },

    get pending() {
      return timers.size;
    },
  };
}

/** Lets everything happen that needs no time. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
