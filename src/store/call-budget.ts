/** So many calls in every span of the window's length. */
export interface CallRate {
  readonly limit: number;
  readonly windowMs: number;
}

/** What is known of a budget; others may have used more of it since. */
export interface BudgetOutlook {
  /** Until a call may be made, when `ahead` others go first and only `share` (0–1) of the budget may be used. */
  waitMs(share: number, ahead: number): number;
}

/**
 * A limit on calls in every span of the window's length, not only in spans that begin at the full minute. Part of it
 * can be kept for calls that matter more.
 */
export interface CallBudget extends BudgetOutlook {
  /** Counts a call. The returned function takes that back: it was not made. */
  spend(): () => void;
}

/** `spentAt`: when calls were made that still count, the oldest first; by `now`'s clock. */
export function createCallBudget(
  { limit, windowMs }: CallRate,
  now: () => number,
  spentAt: number[] = [],
): CallBudget {
  function forgetOld(): void {
    const old = spentAt.findIndex((time) => time > now() - windowMs);
    spentAt.splice(0, old === -1 ? spentAt.length : old);
  }

  return {
    waitMs(share, ahead) {
      forgetOld();
      const room = roomFor(share, limit);
      const fullWindowsAhead = Math.floor(ahead / room);
      const leavesRoom = spentAt[spentAt.length + (ahead % room) - room];
      const firstMs = leavesRoom === undefined ? 0 : leavesRoom + windowMs - now();
      return firstMs + fullWindowsAhead * windowMs;
    },

    spend() {
      const time = now();
      spentAt.push(time);
      return () => {
        const index = spentAt.lastIndexOf(time);
        if (index !== -1) spentAt.splice(index, 1);
      };
    },
  };
}

/** How many calls of the limit the share is: at least one. */
export function roomFor(share: number, limit: number): number {
  return Math.ceil(limit * share);
}
