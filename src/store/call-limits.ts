import type { BudgetOutlook } from './call-budget.ts';

/**
 * What all replicas together keep to in their calls to one tenant: so many at once, so many a minute, none while it asks
 * to be left alone, and those first who matter most.
 *
 * Each call takes effect as one step. Those that are waited for reject with a `StoreUnavailableError` when the store
 * cannot be reached.
 */
export interface CallLimits {
  /** A permit for a call, which is counted from now on; or what is in its way. */
  enter(ask: Ask): Promise<Answer>;
  /** No permit is given for so long; an earlier word that holds for longer stays in force. */
  closeFor(ms: number): Promise<void>;
  /** Told, as far as that works, when asking again may be worth while before an answer's `waitMs` has passed. */
  onChange(listener: () => void): void;
  /** Nobody is told any more, and nothing listens. What is taken stays taken until it is released. */
  close(): Promise<void>;
}

/** Somebody asks for a permit. */
export interface Ask {
  /** The replica that asks; it lets its own go in order by itself. */
  readonly by: string;
  /** Lower goes first: a replica that was refused a permit for it is, for a while, in the way of others' higher ranks. */
  readonly rank: number;
  /** What part of the budget (0–1) may be used up for this; undefined when the call does not count towards it. */
  readonly share: number | undefined;
  /** What part of the permits (0–1) those may hold together who may not hold all of them; default 1. */
  readonly permitShare?: number;
}

export type Answer = { readonly permit: Permit } | Refusal;

export interface Refusal {
  readonly permit?: undefined;
  /** `permits`: all are taken, or somebody in front waits for one; `part`: those of the `permitShare` are taken. */
  readonly reason: 'closed' | 'budget' | 'permits' | 'part';
  /** Asking earlier is of no use, unless `onChange` says otherwise. */
  readonly waitMs: number;
  /** A lower bound: a caller whom it rejects would be rejected by the store, too. */
  readonly budget: BudgetOutlook;
}

/** A permit that is taken. One that is never released, since its replica is gone, becomes free by itself. Neither throws. */
export interface Permit {
  /** The call has ended. */
  release(): void;
  /** The call is not made after all, and does not count. */
  giveBack(): void;
}

/** The limits themselves; every replica has to be given the same. */
export interface CallLimitsOptions {
  readonly concurrency: number;
  readonly rate: { readonly limit: number; readonly windowMs: number };
  /** After this time, in whole milliseconds, a permit is free in any case. Longer than a call may take. */
  readonly permitMs: number;
}

/** How soon somebody who was refused a permit asks again when nothing is heard. */
export const ASK_AGAIN_MS = 500;
/** For how long a replica that was refused a permit and does not ask again is in the way of others. */
export const WAITING_COUNTS_MS = 2 * ASK_AGAIN_MS;
