import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { Leases } from '../store/leases.ts';
import { TokenError } from './token-error.ts';
import { type Waiting, waitFor } from './waiting.ts';

/** When the tenant is asked about tokens that pages call rejected: once per owner in the cooldown, by all replicas. */
export interface Judgements {
  /**
   * Lets `judge` ask, unless that is under way or was done within the cooldown. Resolves when it has ended here, or when
   * the caller has waited for long enough. Rejects with the reason of a caller that left, or as `judge` does.
   */
  pass(owner: string, judge: () => Promise<void>, waiting: Waiting): Promise<void>;
}

export interface JudgementsDeps {
  readonly leases: Leases;
  readonly clock: Clock;
  readonly cooldownMs: number;
}

const MAX_JUDGED = 10_000;
/** How long a page waits for the tenant's judgement before it gets the same token again. */
const PATIENCE_MS = 3_000;

export function createJudgements({ leases, clock, cooldownMs }: JudgementsDeps): Judgements {
  const quietUntil = new LRUCache<string, number>({ max: MAX_JUDGED });
  const underWay = new Map<string, Promise<void>>();

  /** A lease that is left to run out is the cooldown that all replicas see. */
  async function claimed(owner: string): Promise<boolean> {
    return (await leases.take(`{${owner}}:judgement`, cooldownMs)) !== undefined;
  }

  function begin(owner: string, judge: () => Promise<void>): Promise<void> | undefined {
    const already = underWay.get(owner);
    if (already || clock.now() < (quietUntil.get(owner) ?? 0)) return already;
    quietUntil.set(owner, clock.now() + cooldownMs);
    const judgement = claimed(owner)
      .then((first) => (first ? judge() : undefined))
      .finally(() => underWay.delete(owner));
    underWay.set(owner, judgement);
    return judgement;
  }

  return {
    async pass(owner, judge, waiting) {
      const judgement = begin(owner, judge);
      if (!judgement) return;
      const deadline = Math.min(waiting.deadline, clock.now() + PATIENCE_MS);
      await waitFor(judgement, { ...waiting, deadline }, clock).catch((error) => {
        if (!(error instanceof TokenError)) throw error;
      });
    },
  };
}
