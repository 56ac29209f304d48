import type { Rate } from '../../../src/lib/rate-limiter.ts';
import type { QlikError } from '../../../src/qlik/errors.ts';
import type { CallLimits } from '../../../src/store/call-limits.ts';
import { createMemoryCallLimits } from '../../../src/store/memory/call-limits.ts';
import { type Circuit, createCircuit } from '../../../src/tenant/admission/circuit.ts';
import { createGate } from '../../../src/tenant/admission/gate.ts';
import type { Gate, Priority, Ticket } from '../../../src/tenant/admission/ticket.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { follow, type Outcome } from '../../token/token-bench.ts';

/** A gate on a clock that the test moves, and the calls that it let through. */
export interface GateBench {
  readonly gate: Gate;
  readonly circuit: Circuit;
  readonly clock: ManualClock;
  /** Names of the calls that were made, in order. */
  readonly made: string[];
  /** What the gate told about being throttled. */
  readonly pauses: number[];
  ticket(priority?: Priority, deadlineMs?: number, budgeted?: boolean): Ticket;
  /** Sends a call that ends at once. */
  send(name: string, ticket?: Ticket): Outcome<string>;
  /** Sends a call that stays open until it is ended. */
  open(name: string, ticket?: Ticket): OpenCall;
}

export interface OpenCall {
  readonly outcome: Outcome<string>;
  /** By the clock; undefined while it waits. */
  readonly startedAt: number | undefined;
  succeed(): void;
  fail(fault: QlikError): void;
}

const DAY_MS = 86_400_000;

export function createGateBench({
  concurrency = 8,
  budget = { limit: 1_000_000, windowMs: 60_000 },
  clock = createManualClock(),
  limits = createMemoryCallLimits({ now: clock.now, concurrency, rate: budget, permitMs: DAY_MS }),
}: {
  concurrency?: number;
  budget?: Rate;
  clock?: ManualClock;
  limits?: CallLimits;
} = {}): GateBench {
  const circuit = createCircuit({
    now: clock.now,
    random: () => 1,
    emit() {},
    tenant: 'acme',
    client: 'impersonation',
  });
  const made: string[] = [];
  const pauses: number[] = [];
  const gate = createGate({
    clock,
    circuit,
    limits,
    tenant: 'acme',
    emit(event) {
      if (event.type === 'tenant.throttled') pauses.push(event.pauseMs);
    },
  });

  const bench: GateBench = {
    gate,
    circuit,
    clock,
    made,
    pauses,
    ticket: (priority = 'user', deadlineMs = 8_000, budgeted = true) => ({
      priority,
      budgeted,
      decisive: priority !== 'revocation',
      deadline: clock.now() + deadlineMs,
    }),
    send: (name, ticket = bench.ticket()) =>
      follow(
        gate.run(async () => {
          made.push(name);
          return name;
        }, ticket),
      ),
    open(name, ticket = bench.ticket()) {
      let settlers: { resolve: (name: string) => void; reject: (fault: QlikError) => void } | undefined;
      const result = new Promise<string>((resolve, reject) => {
        settlers = { resolve, reject };
      });
      let startedAt: number | undefined;
      const outcome = follow(
        gate.run(() => {
          made.push(name);
          startedAt = clock.now();
          return result;
        }, ticket),
      );
      result.catch(() => {});
      return {
        outcome,
        get startedAt() {
          return startedAt;
        },
        succeed: () => settlers?.resolve(name),
        fail: (fault) => settlers?.reject(fault),
      };
    },
  };
  return bench;
}
