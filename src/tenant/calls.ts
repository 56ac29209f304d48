import { type Clock, sleep } from '../lib/clock.ts';
import { QlikError } from '../qlik/errors.ts';
import type { Gate, Ticket } from './admission/ticket.ts';

/** Makes calls to a tenant with care: when they are admitted, within time, and again when that helps. */
export interface TenantCalls {
  /** Rejects with a `QlikError`, or with the error that `obstacle` gives (see `Gate`). */
  make<T>(
    call: (signal: AbortSignal) => Promise<T>,
    ticket: Ticket,
    obstacle?: () => Error | undefined,
  ): Promise<T>;
  /** Like `make`, but once only. */
  once<T>(call: (signal: AbortSignal) => Promise<T>, ticket: Ticket): Promise<T>;
}

export interface TenantCallsDeps {
  readonly gate: Gate;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  /** For one call from its first to its last byte. */
  readonly callTimeoutMs: number;
}

const MAX_ATTEMPTS = 3;
const FIRST_BACKOFF_MS = 200;

export function createTenantCalls({ gate, clock, random, callTimeoutMs }: TenantCallsDeps): TenantCalls {
  async function timed<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const timeout = new AbortController();
    const cancel = clock.after(callTimeoutMs, () => timeout.abort());
    try {
      return await call(timeout.signal);
    } finally {
      cancel();
    }
  }

  return {
    // Again after errors that another try may mend, while another call may still begin.
    async make(call, ticket, obstacle) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await gate.run(() => timed(call), ticket, obstacle);
        } catch (error) {
          const retryable = error instanceof QlikError && error.details.retryable === true;
          const backoffMs = FIRST_BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + random());
          if (!retryable || attempt === MAX_ATTEMPTS || clock.now() + backoffMs >= ticket.deadline)
            throw error;
          await sleep(clock, backoffMs, gate.closed);
        }
      }
    },

    once: (call, ticket) => gate.run(() => timed(call), ticket),
  };
}
