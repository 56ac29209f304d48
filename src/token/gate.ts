import type { Clock } from '../clock.ts';
import type { Rate } from '../config/kinds.ts';
import { createCallBudget } from './call-budget.ts';
import type { Circuit, CircuitCall } from './circuit.ts';
import { TenantFault, type TenantFaultKind } from './token-issuer.ts';

/**
 * Who goes first: somebody waits for a token; somebody waits to be found or created; a token is renewed in time; a token
 * is revoked, which can only be tried.
 */
export type Priority = 'user' | 'directory' | 'renewal' | 'revocation';

/** A place in the queue in front of the tenant. */
export interface Ticket {
  priority: Priority;
  /** Counts towards the budget (Qlik Cloud's tier 2). */
  readonly budgeted: boolean;
  /** Its outcome opens and closes the circuit. */
  readonly decisive: boolean;
  /** By the clock; later, the call is not made any more. */
  readonly waitUntil: number;
}

/** The one way to a tenant: so many calls at once, so many a minute, and none while it asks to be left alone. */
export interface Gate {
  /**
   * Makes the call when its turn comes. Rejects with the call's `TenantFault`, or with one of its own, `throttled` or
   * `unavailable`, as soon as it is clear that the turn will not come in time; while the way is closed, only revocations
   * wait. `obstacle` is asked before the wait and
   * when the turn has come: an error ends the wait without a call.
   */
  run<T>(call: () => Promise<T>, ticket: Ticket, obstacle?: () => Error | undefined): Promise<T>;
  /** Somebody waits now for a call that was queued as a renewal. */
  promote(ticket: Ticket): void;
  /** Whether calls are made at all. */
  readonly healthy: boolean;
  readonly state: GateState;
}

export interface GateState {
  /** Calls under way. */
  readonly running: number;
  /** Calls that wait for their turn. */
  readonly waiting: number;
  /** The tenant asks us to wait. */
  readonly throttled: boolean;
  /** The tenant is in trouble, and spared. */
  readonly circuitOpen: boolean;
}

export interface GateDeps {
  readonly clock: Clock;
  readonly circuit: Circuit;
  readonly concurrency: number;
  readonly budget: Rate;
  /** Told when the tenant throttles us. */
  readonly onThrottled: (pauseMs: number) => void;
}

/** What part of the budget each may use up: the rest is kept for those in front. */
const BUDGET_SHARE: Record<Priority, number> = { user: 1, directory: 0.75, renewal: 0.75, revocation: 0.5 };
const RANK: Record<Priority, number> = { user: 0, directory: 1, renewal: 2, revocation: 3 };
/** When the tenant throttles without saying for how long, and the longest that it is believed. */
const DEFAULT_PAUSE_MS = 15_000;
const LONGEST_PAUSE_MS = 10 * 60_000;

type Closure = TenantFault & { readonly details: { readonly retryAfterMs: number } };

/** A call whose outcome says nothing about whether mints would succeed. */
const INDECISIVE: CircuitCall = { succeeded() {}, failed() {} };

interface Waiter {
  readonly ticket: Ticket;
  readonly obstacle: () => Error | undefined;
  readonly start: () => void;
  readonly reject: (error: Error) => void;
}

export function createGate({ clock, circuit, concurrency, budget, onThrottled }: GateDeps): Gate {
  const spending = createCallBudget(budget, clock.now);
  const waiting = new Set<Waiter>();
  let running = 0;
  let throttledUntil = 0;
  let cancelWake = () => {};

  /** Why no call is made now; says for how long. */
  function closure(): Closure | undefined {
    const throttledMs = throttledUntil - clock.now();
    if (throttledMs > 0) return throttled(throttledMs);
    const pauseMs = circuit.pauseMs();
    return pauseMs > 0 ? closedFor('unavailable', 'the tenant is in trouble', pauseMs) : undefined;
  }

  function budgetWaitMs(ticket: Ticket, queue: Iterable<Waiter>): number {
    if (!ticket.budgeted) return 0;
    let ahead = 0;
    for (const other of queue) {
      if (other.ticket.budgeted && RANK[other.ticket.priority] <= RANK[ticket.priority]) ahead += 1;
    }
    return spending.waitMs(BUDGET_SHARE[ticket.priority], ahead);
  }

  /** Starts what may start, and comes back when the budget has room for the next. */
  function advance(): void {
    cancelWake();
    const closed = closure();
    if (closed) {
      for (const waiter of [...waiting]) if (!waitsForOpening(waiter.ticket)) waiter.reject(closed);
      if (waiting.size > 0) cancelWake = clock.after(closed.details.retryAfterMs, advance);
      return;
    }

    const queue = [...waiting].sort((a, b) => RANK[a.ticket.priority] - RANK[b.ticket.priority]);
    let wakeMs = Number.POSITIVE_INFINITY;
    for (const waiter of queue) {
      if (running >= concurrency || circuit.pauseMs() > 0) return;
      const waitMs = budgetWaitMs(waiter.ticket, []);
      const error = waiter.obstacle();
      if (error) waiter.reject(error);
      else if (waitMs > 0) wakeMs = Math.min(wakeMs, waitMs);
      else waiter.start();
    }
    if (wakeMs < Number.POSITIVE_INFINITY) cancelWake = clock.after(wakeMs, advance);
  }

  function turn(ticket: Ticket, obstacle: () => Error | undefined): Promise<CircuitCall> {
    const error = (waitsForOpening(ticket) ? undefined : closure()) ?? obstacle();
    if (error) return Promise.reject(error);
    const remainingMs = ticket.waitUntil - clock.now();
    if (remainingMs <= 0) return Promise.reject(tooSlow());
    const waitMs = budgetWaitMs(ticket, waiting);
    if (waitMs >= remainingMs) return Promise.reject(throttled(waitMs));

    return new Promise((resolve, reject) => {
      const cancel = clock.after(remainingMs, () => {
        const waitMs = budgetWaitMs(ticket, []);
        waiter.reject(waitMs > 0 ? throttled(waitMs) : tooSlow());
      });
      const leave = () => {
        cancel();
        waiting.delete(waiter);
      };
      const waiter: Waiter = {
        ticket,
        obstacle,
        start() {
          leave();
          running += 1;
          if (ticket.budgeted) spending.spend();
          resolve(ticket.decisive ? circuit.begin() : INDECISIVE);
        },
        reject(error) {
          leave();
          reject(error);
        },
      };
      waiting.add(waiter);
      advance();
    });
  }

  function learn(call: CircuitCall, error: unknown): void {
    const answered = error instanceof TenantFault && (error.kind === 'refused' || error.kind === 'throttled');
    if (answered) call.succeeded();
    else call.failed();
    if (!answered || error.kind === 'refused') return;
    const pauseMs = Math.min(error.details.retryAfterMs ?? DEFAULT_PAUSE_MS, LONGEST_PAUSE_MS);
    if (throttledUntil < clock.now()) onThrottled(pauseMs);
    throttledUntil = Math.max(throttledUntil, clock.now() + pauseMs);
  }

  return {
    async run(call, ticket, obstacle = () => undefined) {
      const circuitCall = await turn(ticket, obstacle);
      try {
        const result = await call();
        circuitCall.succeeded();
        return result;
      } catch (error) {
        learn(circuitCall, error);
        throw error;
      } finally {
        running -= 1;
        advance();
      }
    },

    promote(ticket) {
      if (ticket.priority === 'user') return;
      ticket.priority = 'user';
      advance();
    },

    get healthy() {
      return closure() === undefined && circuit.healthy;
    },

    get state() {
      return {
        running,
        waiting: waiting.size,
        throttled: throttledUntil > clock.now(),
        circuitOpen: !circuit.healthy,
      };
    },
  };
}

/** Nobody waits for a revocation, and it is worth while for as long as the token lives. */
function waitsForOpening(ticket: Ticket): boolean {
  return ticket.priority === 'revocation';
}

function tooSlow(): TenantFault {
  return new TenantFault('unavailable', 'the tenant is slow, and others were first');
}

function throttled(retryAfterMs: number): Closure {
  return closedFor('throttled', 'the tenant’s rate limit is reached', retryAfterMs);
}

function closedFor(kind: TenantFaultKind, message: string, retryAfterMs: number): Closure {
  return new TenantFault(kind, message, { retryAfterMs }) as Closure;
}
