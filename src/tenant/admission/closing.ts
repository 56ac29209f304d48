import type { Clock } from '../../lib/clock.ts';
import type { Circuit } from './circuit.ts';
import { type Closure, closedFor, throttled } from './gate-errors.ts';

/** Why no call is made to a tenant now: it asks to be left alone, or is in trouble. */
export interface Closing {
  /** Says for how long. */
  current(): Closure | undefined;
  /** The tenant asks for a pause; one that lasts longer stays in force. */
  throttle(pauseMs: number): void;
  readonly throttled: boolean;
}

export interface ClosingDeps {
  readonly clock: Clock;
  /** Of this replica: what it judges is also the way from here to the tenant. */
  readonly circuit: Circuit;
}

export function createClosing({ clock, circuit }: ClosingDeps): Closing {
  let throttledUntil = 0;

  return {
    current() {
      const throttledMs = throttledUntil - clock.now();
      if (throttledMs > 0) return throttled(throttledMs);
      const pauseMs = circuit.pauseMs();
      return pauseMs > 0 ? closedFor('unavailable', 'the tenant is in trouble', pauseMs) : undefined;
    },

    throttle(pauseMs) {
      throttledUntil = Math.max(throttledUntil, clock.now() + pauseMs);
    },

    get throttled() {
      return throttledUntil > clock.now();
    },
  };
}
