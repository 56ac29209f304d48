import type { Clock } from '../../lib/clock.ts';
import type { BudgetOutlook } from '../../store/call-budget.ts';
import type { Refusal } from '../../store/call-limits.ts';
import { isDeferrable, permitShareOf, rankOf, shareOf } from './precedence.ts';
import type { Ticket } from './ticket.ts';

/**
 * What is known here of the limits that all replicas share, by the last refusals: nobody has to ask before it can be of
 * use, however many wait. What others did since can only make a wait longer.
 */
export interface LimitsOutlook {
  /** For how long asking is of no use. */
  waitMs(ticket: Ticket): number;
  /** At least so long the budget has no room when so many others go first, who are counted only if that matters. */
  budgetWaitMs(ticket: Ticket, countAhead?: () => number): number;
  refused(rank: number, refusal: Refusal): void;
  /** A permit may be free. */
  changed(): void;
  /** The limits cannot be asked. */
  storeAway(): void;
}

/** How often those who can wait ask whether the store is back. */
const STORE_AWAY_MS = 2_000;

export function createLimitsOutlook({ now }: Clock): LimitsOutlook {
  let budget: BudgetOutlook | undefined;
  /** From which rank on no permit is given, until when. */
  let full = { rank: Number.POSITIVE_INFINITY, until: 0 };
  /** Until when no permit is given to those who may hold only a part of them. */
  let partFullUntil = 0;
  let storeAwayUntil = 0;

  function budgetWaitMs(ticket: Ticket, countAhead = () => 0): number {
    const share = shareOf(ticket);
    return share === undefined || !budget ? 0 : budget.waitMs(share, countAhead());
  }

  return {
    budgetWaitMs,

    waitMs(ticket) {
      const permitsMs = rankOf(ticket) >= full.rank ? full.until - now() : 0;
      const partMs = permitShareOf(ticket) < 1 ? partFullUntil - now() : 0;
      const storeMs = isDeferrable(ticket) ? storeAwayUntil - now() : 0;
      return Math.max(budgetWaitMs(ticket), permitsMs, partMs, storeMs);
    },

    refused(rank, refusal) {
      budget = refusal.budget;
      if (refusal.reason === 'permits') full = { rank, until: now() + refusal.waitMs };
      if (refusal.reason === 'part') partFullUntil = now() + refusal.waitMs;
    },

    changed() {
      full = { rank: Number.POSITIVE_INFINITY, until: 0 };
      partFullUntil = 0;
    },

    storeAway() {
      storeAwayUntil = now() + STORE_AWAY_MS;
    },
  };
}
