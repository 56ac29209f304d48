import { createRateLimiter, type Rate } from '../../lib/rate-limiter.ts';
import type { SharedRate } from '../shared-rate.ts';

/** A rate of one replica. */
export function createMemoryRate(rate: Rate, now: () => number): SharedRate {
  const limiter = createRateLimiter(rate, now);
  return {
    take: async (key) => limiter.take(key),
    giveBack: async (key) => limiter.giveBack(key),
  };
}
