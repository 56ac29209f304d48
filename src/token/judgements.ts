import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { Verdict } from './tenant-gateway.ts';
import { TokenError } from './token-error.ts';
import { type Waiting, waitFor } from './waiting.ts';

/** What the tenant says of tokens that pages call rejected: one question per key at a time, and few of them. */
export interface Judgements {
  /**
   * Asks, unless that is under way or was done within the cooldown. Resolves when the verdict was handled, or when the
   * caller has waited for long enough. Rejects only with the reason of a caller that left.
   */
  pass(
    key: string,
    ask: () => Promise<Verdict>,
    handle: (verdict: Verdict) => void,
    waiting: Waiting,
  ): Promise<void>;
  /** Forgets that there was a judgement: the next one may be at once. */
  forget(key: string): void;
}

export interface JudgementsDeps {
  readonly clock: Clock;
  readonly cooldownMs: number;
}

const MAX_JUDGED = 10_000;
/** How long a page waits for the tenant's judgement before it gets the same token again. */
const PATIENCE_MS = 3_000;

export function createJudgements({ clock, cooldownMs }: JudgementsDeps): Judgements {
  const quietUntil = new LRUCache<string, number>({ max: MAX_JUDGED });
  const underWay = new Map<string, Promise<void>>();

  function judge(
    key: string,
    ask: () => Promise<Verdict>,
    handle: (verdict: Verdict) => void,
  ): Promise<void> | undefined {
    const already = underWay.get(key);
    if (already || clock.now() < (quietUntil.get(key) ?? 0)) return already;
    quietUntil.set(key, clock.now() + cooldownMs);
    const judgement = ask()
      .then(handle)
      .finally(() => underWay.delete(key));
    underWay.set(key, judgement);
    return judgement;
  }

  return {
    async pass(key, ask, handle, waiting) {
      const judgement = judge(key, ask, handle);
      if (!judgement) return;
      const deadline = Math.min(waiting.deadline, clock.now() + PATIENCE_MS);
      await waitFor(judgement, { ...waiting, deadline }, clock).catch((error) => {
        if (!(error instanceof TokenError)) throw error;
      });
    },

    forget(key) {
      quietUntil.delete(key);
    },
  };
}
