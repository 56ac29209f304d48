import { createCallBudget, roomFor } from '../call-budget.ts';
import {
  ASK_AGAIN_MS,
  type Ask,
  type CallLimits,
  type CallLimitsOptions,
  type Permit,
  type Refusal,
  WAITING_COUNTS_MS,
} from '../call-limits.ts';

export interface MemoryCallLimitsDeps extends CallLimitsOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The limits of one replica, or of several in one process. */
export function createMemoryCallLimits(deps: MemoryCallLimitsDeps): CallLimits {
  const { now, concurrency, permitMs } = deps;
  const budget = createCallBudget(deps.rate, now);
  const taken = new Set<{ until: number; isPart: boolean }>();
  const waiting = new Map<string, { until: number; rank: number }>();
  const listeners: (() => void)[] = [];
  let closedUntil = 0;

  function refusal({ rank, share, permitShare = 1 }: Ask): Pick<Refusal, 'reason' | 'waitMs'> | undefined {
    const closedMs = closedUntil - now();
    if (closedMs > 0) return { reason: 'closed', waitMs: closedMs };
    const budgetMs = share === undefined ? 0 : budget.waitMs(share, 0);
    if (budgetMs > 0) return { reason: 'budget', waitMs: budgetMs };
    const ofPart = [...taken].filter(({ isPart }) => isPart).length;
    if (permitShare < 1 && ofPart >= roomFor(permitShare, concurrency))
      return { reason: 'part', waitMs: ASK_AGAIN_MS };
    const full = taken.size >= concurrency || othersFirst(rank);
    return full ? { reason: 'permits', waitMs: ASK_AGAIN_MS } : undefined;
  }

  function othersFirst(rank: number): boolean {
    for (const other of waiting.values()) if (other.rank < rank) return true;
    return false;
  }

  function take({ share, permitShare = 1 }: Ask): Permit {
    const entry = { until: now() + permitMs, isPart: permitShare < 1 };
    taken.add(entry);
    const unspend = share === undefined ? () => {} : budget.spend();
    const release = () => {
      taken.delete(entry);
      tell();
    };
    return {
      release,
      giveBack() {
        unspend();
        release();
      },
    };
  }

  function tell(): void {
    for (const listener of listeners) listener();
  }

  return {
    async enter(ask) {
      for (const entry of taken) if (entry.until <= now()) taken.delete(entry);
      for (const [by, { until }] of waiting) if (by === ask.by || until <= now()) waiting.delete(by);
      const refused = refusal(ask);
      if (!refused) return { permit: take(ask) };
      if (refused.reason === 'permits')
        waiting.set(ask.by, { until: now() + WAITING_COUNTS_MS, rank: ask.rank });
      return { ...refused, budget };
    },

    async closeFor(ms) {
      closedUntil = Math.max(closedUntil, now() + ms);
      tell();
    },

    onChange(listener) {
      listeners.push(listener);
    },

    async close() {
      listeners.length = 0;
    },
  };
}
