import { setMaxListeners } from 'node:events';
import type { Emit } from '../../events.ts';
import type { Clock } from '../../lib/clock.ts';
import { QlikError } from '../../qlik/errors.ts';
import type { CallLimits } from '../../store/call-limits.ts';
import { createAdmission } from './admission.ts';
import type { Circuit, CircuitCall } from './circuit.ts';
import { createClosing } from './closing.ts';
import { stopped } from './gate-errors.ts';
import type { Gate } from './ticket.ts';

export interface GateDeps {
  readonly clock: Clock;
  readonly circuit: Circuit;
  /** What all replicas keep to together. */
  readonly limits: CallLimits;
  readonly emit: Emit;
  /** For events. */
  readonly tenant: string;
}

/** When the tenant throttles without saying for how long, and the longest that it is believed. */
const DEFAULT_PAUSE_MS = 15_000;
const LONGEST_PAUSE_MS = 10 * 60_000;

export function createGate({ clock, circuit, limits, emit, tenant }: GateDeps): Gate {
  const closing = createClosing({ clock, circuit });
  const admission = createAdmission({ clock, circuit, closing, limits });
  const closed = new AbortController();
  // As many wait for another try as calls may fail at once.
  setMaxListeners(0, closed.signal);
  let running = 0;

  function learn(call: CircuitCall, error: unknown): void {
    const answered = error instanceof QlikError && (error.code === 'refused' || error.code === 'throttled');
    if (answered) call.succeeded();
    else call.failed();
    if (!answered || error.code === 'refused') return;
    const pauseMs = Math.min(error.retryAfterMs ?? DEFAULT_PAUSE_MS, LONGEST_PAUSE_MS);
    if (!closing.throttled) emit({ type: 'tenant.throttled', tenant, pauseMs });
    closing.throttle(pauseMs);
    // Without the store nobody starts anyhow, and afterwards the tenant says it again.
    limits.closeFor(pauseMs).catch(() => {});
  }

  return {
    async run(call, ticket, obstacle = () => undefined) {
      const { permit, circuitCall } = await admission.admit(ticket, obstacle);
      running += 1;
      try {
        const result = await call();
        circuitCall.succeeded();
        return result;
      } catch (error) {
        learn(circuitCall, error);
        throw error;
      } finally {
        running -= 1;
        permit.release();
      }
    },

    closed: closed.signal,

    close() {
      closed.abort(stopped());
      return admission.close();
    },

    promote(ticket) {
      if (ticket.priority === 'user') return;
      ticket.priority = 'user';
      admission.advance();
    },

    get healthy() {
      return closing.current() === undefined && circuit.healthy;
    },

    get state() {
      return {
        running,
        waiting: admission.waiting,
        throttled: closing.throttled,
        circuitOpen: !circuit.healthy,
      };
    },
  };
}
