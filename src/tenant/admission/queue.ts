import type { Clock } from '../../lib/clock.ts';
import type { Permit } from '../../store/call-limits.ts';
import type { CircuitCall } from './circuit.ts';
import { rankOf } from './precedence.ts';
import type { Ticket } from './ticket.ts';

/** A call that is admitted: it has to be made, and the permit released. */
export interface Admitted {
  readonly permit: Permit;
  readonly circuitCall: CircuitCall;
}

/** A call that waits for a permit. */
export interface Waiter {
  readonly ticket: Ticket;
  readonly obstacle: () => Error | undefined;
  start(admitted: Admitted): void;
  refuse(error: Error): void;
}

/** This replica's calls that wait for a permit. Whoever starts, is refused or waited for too long leaves by itself. */
export interface Queue extends Iterable<Waiter> {
  /** When the ticket's time has run out, the wait ends with the error that `tooLate` gives. */
  join(ticket: Ticket, obstacle: () => Error | undefined, tooLate: () => Error): Promise<Admitted>;
  has(waiter: Waiter): boolean;
  /** Refuses those for whom there is an error. */
  refuse(errorFor: (waiter: Waiter) => Error | undefined): void;
  /** All of them, those in front first. */
  inOrder(): Waiter[];
  readonly size: number;
}

export function createQueue(clock: Clock): Queue {
  const waiting = new Set<Waiter>();

  return {
    join(ticket, obstacle, tooLate) {
      return new Promise((resolve, reject) => {
        const leave = () => {
          cancel();
          waiting.delete(waiter);
        };
        const waiter: Waiter = {
          ticket,
          obstacle,
          start(admitted) {
            leave();
            resolve(admitted);
          },
          refuse(error) {
            leave();
            reject(error);
          },
        };
        const cancel = clock.after(ticket.deadline - clock.now(), () => waiter.refuse(tooLate()));
        waiting.add(waiter);
      });
    },

    has: (waiter) => waiting.has(waiter),

    refuse(errorFor) {
      for (const waiter of waiting) {
        const error = errorFor(waiter);
        if (error) waiter.refuse(error);
      }
    },

    inOrder: () => [...waiting].sort((a, b) => rankOf(a.ticket) - rankOf(b.ticket)),

    get size() {
      return waiting.size;
    },

    [Symbol.iterator]: () => waiting[Symbol.iterator](),
  };
}
