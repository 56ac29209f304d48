import { BoundedMap } from '../lib/bounded-map.ts';
import type { ToldUser } from './told-user.ts';

/** What a token tells that was verified. */
export interface Verified {
  readonly told: ToldUser;
  /** Milliseconds since the epoch. */
  readonly untilMs: number;
  /** Of the keys that verified it. */
  readonly generation: number;
}

/** Remembers tokens that were verified, by their digest: the newest ones, and no longer than they are good. */
export interface VerifiedTokens {
  /** Undefined when it is not known, is over, or other keys are known than when it was verified. */
  find(digest: string): ToldUser | undefined;
  remember(digest: string, verified: Verified): void;
}

export interface VerifiedTokensOptions {
  /** As `PublishedKeys` has it. */
  readonly generation: () => number;
  /** Milliseconds since the epoch, by the calendar. */
  readonly now: () => number;
}

/** The oldest of more are verified again. */
const MAX_TOKENS = 10_000;
/** After so many new ones, those that are over are dropped. */
const SWEEP_EACH = 100;

export function createVerifiedTokens({ generation, now }: VerifiedTokensOptions): VerifiedTokens {
  const tokens = new BoundedMap<string, Verified>(MAX_TOKENS);
  let unswept = 0;

  function sweep(): void {
    unswept = 0;
    const time = now();
    for (const [digest, { untilMs }] of tokens) if (untilMs <= time) tokens.delete(digest);
  }

  return {
    find(digest) {
      const known = tokens.get(digest);
      if (!known) return undefined;
      // Nobody asks for keys for a token that is over.
      if (now() < known.untilMs && known.generation === generation()) return known.told;
      tokens.delete(digest);
      return undefined;
    },

    remember(digest, verified) {
      unswept += 1;
      if (unswept >= SWEEP_EACH) sweep();
      tokens.set(digest, verified);
    },
  };
}
