import type { Rate } from '../config/kinds.ts';

/**
 * A limit on calls in every span of the window's length, not only in spans that begin at the full minute. Part of it
 * can be kept for calls that matter more.
 */
export interface CallBudget {
  /** Until a call may be made, when `ahead` others go first and only `share` (0–1) of the budget may be used. */
  waitMs(share: number, ahead: number): number;
  /** Counts a call. */
  spend(): void;
}

export function createCallBudget({ limit, windowMs }: Rate, now: () => number): CallBudget {
  const spentAt: number[] = [];

  function forgetOld(): void {
    const old = spentAt.findIndex((time) => time > now() - windowMs);
    spentAt.splice(0, old === -1 ? spentAt.length : old);
  }

  return {
    waitMs(share, ahead) {
      forgetOld();
      const room = Math.ceil(limit * share);
      const fullWindowsAhead = Math.floor(ahead / room);
      const leavesRoom = spentAt[spentAt.length + (ahead % room) - room];
      const firstMs = leavesRoom === undefined ? 0 : leavesRoom + windowMs - now();
      return firstMs + fullWindowsAhead * windowMs;
    },

    spend() {
      spentAt.push(now());
    },
  };
}
