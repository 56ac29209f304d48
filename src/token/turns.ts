import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { BudgetOutlook } from '../store/call-budget.ts';
import type { CallLimits, Place, Refusal } from '../store/call-limits.ts';
import type { Circuit, CircuitCall } from './circuit.ts';
import type { Closing } from './closing.ts';
import type { Ticket } from './gate.ts';
import { throttled, tooSlow } from './gate-faults.ts';
import { isPatient, rankOf, shareOf, waitsForOpening } from './precedence.ts';
import { createWaitingLine, type Turn, type Waiter } from './waiting-line.ts';

/** Gives the calls of this replica their turns, one after the other, as the limits of all replicas permit. */
export interface Turns {
  /** See `Gate.run`. */
  take(ticket: Ticket, obstacle: () => Error | undefined): Promise<Turn>;
  /** Looks again who may start. */
  advance(): void;
  /** How many wait. */
  readonly waiting: number;
}

export interface TurnsDeps {
  readonly clock: Clock;
  readonly circuit: Circuit;
  readonly closing: Closing;
  readonly limits: CallLimits;
}

/** How often those who can wait ask whether the store is back. */
const STORE_AWAY_MS = 2_000;
/** A call whose outcome says nothing about whether mints would succeed. */
const INDECISIVE: CircuitCall = { succeeded() {}, failed() {} };
const NEVER_FULL = { rank: Number.POSITIVE_INFINITY, until: 0 };

/**
 * One question to the limits is under way at a time, for whoever is in front. What their answers tell is remembered:
 * nobody asks again before it can be of use, however many wait, and who cannot get through in time is told at once.
 */
export function createTurns({ clock, circuit, closing, limits }: TurnsDeps): Turns {
  const by = randomUUID();
  const line = createWaitingLine(clock);
  let asking: Waiter | undefined;
  let budget: BudgetOutlook | undefined;
  /** From which rank on no place is given, until when. */
  let full = NEVER_FULL;
  let changedMeanwhile = false;
  let storeAwayUntil = 0;
  let cancelWake = () => {};

  limits.onChange(() => {
    changedMeanwhile = true;
    full = NEVER_FULL;
    advance();
  });

  function budgetWaitMs(ticket: Ticket, countAhead = () => 0): number {
    const share = shareOf(ticket);
    return share === undefined || !budget ? 0 : budget.waitMs(share, countAhead());
  }

  function waitMs(ticket: Ticket): number {
    const placesMs = rankOf(ticket) >= full.rank ? full.until - clock.now() : 0;
    const storeMs = isPatient(ticket) ? storeAwayUntil - clock.now() : 0;
    return Math.max(budgetWaitMs(ticket), placesMs, storeMs);
  }

  function countAhead(ticket: Ticket): number {
    let ahead = 0;
    for (const other of line) {
      const first = other.ticket.budgeted && rankOf(other.ticket) <= rankOf(ticket);
      if (first && other !== asking) ahead += 1;
    }
    return ahead;
  }

  function advance(): void {
    if (asking) return;
    cancelWake();
    const closed = closing.current();
    if (closed) {
      line.refuse(({ ticket }) => (waitsForOpening(ticket) ? undefined : closed));
      if (line.size > 0) cancelWake = clock.after(closed.details.retryAfterMs, advance);
      return;
    }
    let next: Waiter | undefined;
    let wakeMs = Number.POSITIVE_INFINITY;
    for (const waiter of line) {
      if (next && rankOf(next.ticket) <= rankOf(waiter.ticket)) continue;
      const ms = waitMs(waiter.ticket);
      const error = ms > 0 ? undefined : waiter.obstacle();
      if (error) waiter.refuse(error);
      else if (ms > 0) wakeMs = Math.min(wakeMs, ms);
      else next = waiter;
    }
    if (next) void askFor(next);
    else if (wakeMs < Number.POSITIVE_INFINITY) cancelWake = clock.after(wakeMs, advance);
  }

  async function askFor(waiter: Waiter): Promise<void> {
    asking = waiter;
    changedMeanwhile = false;
    const rank = rankOf(waiter.ticket);
    const answer = await limits.enter({ by, rank, share: shareOf(waiter.ticket) }).catch(storeAway);
    asking = undefined;
    if (answer?.place) welcome(waiter, answer.place);
    else if (answer) remember(answer, rank);
    advance();
  }

  function welcome(waiter: Waiter, place: Place): void {
    const error = waiter.obstacle();
    // Meanwhile the way may have closed, or the caller left.
    if (error || closing.current() || !line.has(waiter)) place.giveBack();
    else waiter.start({ place, circuitCall: waiter.ticket.decisive ? circuit.begin() : INDECISIVE });
    if (error) waiter.refuse(error);
  }

  function remember(refusal: Refusal, rank: number): void {
    budget = refusal.budget;
    if (refusal.reason === 'closed') closing.throttle(refusal.waitMs);
    if (refusal.reason === 'places' && !changedMeanwhile)
      full = { rank, until: clock.now() + refusal.waitMs };
    let ahead = 0;
    for (const { ticket, refuse } of line.inOrder()) {
      const ms = budgetWaitMs(ticket, () => ahead);
      if (ms >= ticket.waitUntil - clock.now()) refuse(throttled(ms));
      else if (ticket.budgeted) ahead += 1;
    }
  }

  function storeAway(error: Error): void {
    storeAwayUntil = clock.now() + STORE_AWAY_MS;
    line.refuse(({ ticket }) => (isPatient(ticket) ? undefined : error));
  }

  return {
    take(ticket, obstacle) {
      const error = (waitsForOpening(ticket) ? undefined : closing.current()) ?? obstacle();
      if (error) return Promise.reject(error);
      const remainingMs = ticket.waitUntil - clock.now();
      if (remainingMs <= 0) return Promise.reject(tooSlow());
      const ms = budgetWaitMs(ticket, () => countAhead(ticket));
      if (ms >= remainingMs) return Promise.reject(throttled(ms));
      const turn = line.join(ticket, obstacle, () => {
        const ms = budgetWaitMs(ticket);
        return ms > 0 ? throttled(ms) : tooSlow();
      });
      advance();
      return turn;
    },

    advance,

    get waiting() {
      return line.size;
    },
  };
}
