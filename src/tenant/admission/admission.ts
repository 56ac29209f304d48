import { randomUUID } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { CallLimits, Permit, Refusal } from '../../store/call-limits.ts';
import type { Circuit, CircuitCall } from './circuit.ts';
import type { Closing } from './closing.ts';
import { stopped, throttled, tooSlow } from './gate-errors.ts';
import { createLimitsOutlook } from './limits-outlook.ts';
import { isDeferrable, permitShareOf, rankOf, shareOf, waitsForOpening } from './precedence.ts';
import { type Admitted, createQueue, type Waiter } from './queue.ts';
import type { Ticket } from './ticket.ts';

/** Admits the calls of this replica, one after the other, as the limits of all replicas allow. */
export interface Admission {
  /** See `Gate.run`. */
  admit(ticket: Ticket, obstacle: () => Error | undefined): Promise<Admitted>;
  /** See `Gate.close`. */
  close(): Promise<void>;
  /** Looks again who may start. */
  advance(): void;
  /** How many wait. */
  readonly waiting: number;
}

export interface AdmissionDeps {
  readonly clock: Clock;
  readonly circuit: Circuit;
  readonly closing: Closing;
  readonly limits: CallLimits;
}

/** A call whose outcome says nothing about whether mints would succeed. */
const INDECISIVE: CircuitCall = { succeeded() {}, failed() {} };

/** One question to the limits is under way at a time, for whoever is in front. */
export function createAdmission({ clock, circuit, closing, limits }: AdmissionDeps): Admission {
  const by = randomUUID();
  const queue = createQueue(clock);
  const outlook = createLimitsOutlook(clock);
  let asking: Waiter | undefined;
  let changedMeanwhile = false;
  let cancelWake = () => {};
  let closed = false;

  limits.onChange(() => {
    changedMeanwhile = true;
    outlook.changed();
    advance();
  });

  function countAhead(ticket: Ticket): number {
    let ahead = 0;
    for (const other of queue) {
      const first = other.ticket.budgeted && rankOf(other.ticket) <= rankOf(ticket);
      if (first && other !== asking) ahead += 1;
    }
    return ahead;
  }

  function advance(): void {
    if (asking || closed) return;
    cancelWake();
    const closure = closing.current();
    if (closure) {
      queue.refuse(({ ticket }) => (waitsForOpening(ticket) ? undefined : closure));
      if (queue.size > 0) cancelWake = clock.after(closure.retryAfterMs, advance);
      return;
    }
    let next: Waiter | undefined;
    let wakeMs = Number.POSITIVE_INFINITY;
    for (const waiter of queue) {
      if (next && rankOf(next.ticket) <= rankOf(waiter.ticket)) continue;
      const waitMs = outlook.waitMs(waiter.ticket);
      const error = waitMs > 0 ? undefined : waiter.obstacle();
      if (error) waiter.refuse(error);
      else if (waitMs > 0) wakeMs = Math.min(wakeMs, waitMs);
      else next = waiter;
    }
    if (next) void askFor(next);
    else if (wakeMs < Number.POSITIVE_INFINITY) cancelWake = clock.after(wakeMs, advance);
  }

  async function askFor(waiter: Waiter): Promise<void> {
    asking = waiter;
    changedMeanwhile = false;
    const rank = rankOf(waiter.ticket);
    const answer = await limits
      .enter({ by, rank, share: shareOf(waiter.ticket), permitShare: permitShareOf(waiter.ticket) })
      .catch(storeAway);
    asking = undefined;
    if (answer?.permit) welcome(waiter, answer.permit);
    else if (answer) refused(rank, answer);
    advance();
  }

  function welcome(waiter: Waiter, permit: Permit): void {
    const error = waiter.obstacle();
    // Meanwhile the way may have closed, or the caller left.
    if (error || closed || closing.current() || !queue.has(waiter)) permit.giveBack();
    else waiter.start({ permit, circuitCall: waiter.ticket.decisive ? circuit.begin() : INDECISIVE });
    if (error) waiter.refuse(error);
  }

  function refused(rank: number, refusal: Refusal): void {
    outlook.refused(rank, refusal);
    if (changedMeanwhile) outlook.changed();
    if (refusal.reason === 'closed') closing.throttle(refusal.waitMs);
    let ahead = 0;
    for (const { ticket, refuse } of queue.inOrder()) {
      const waitMs = outlook.budgetWaitMs(ticket, () => ahead);
      if (waitMs >= ticket.deadline - clock.now()) refuse(throttled(waitMs));
      else if (ticket.budgeted) ahead += 1;
    }
  }

  function storeAway(error: Error): void {
    outlook.storeAway();
    queue.refuse(({ ticket }) => (isDeferrable(ticket) ? undefined : error));
  }

  return {
    admit(ticket, obstacle) {
      if (closed) return Promise.reject(stopped());
      const error = (waitsForOpening(ticket) ? undefined : closing.current()) ?? obstacle();
      if (error) return Promise.reject(error);
      const remainingMs = ticket.deadline - clock.now();
      if (remainingMs <= 0) return Promise.reject(tooSlow());
      const waitMs = outlook.budgetWaitMs(ticket, () => countAhead(ticket));
      if (waitMs >= remainingMs) return Promise.reject(throttled(waitMs));
      const admitted = queue.join(ticket, obstacle, () => {
        const waitMs = outlook.budgetWaitMs(ticket);
        return waitMs > 0 ? throttled(waitMs) : tooSlow();
      });
      advance();
      return admitted;
    },

    advance,

    async close() {
      closed = true;
      cancelWake();
      queue.refuse(stopped);
      await limits.close();
    },

    get waiting() {
      return queue.size;
    },
  };
}
