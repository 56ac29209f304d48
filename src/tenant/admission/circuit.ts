import type { Emit, EventClient } from '../../events.ts';

/** Spares a tenant that is in trouble, and its callers the wait for it. */
export interface Circuit {
  /** How long no call should be made; 0 when one may. */
  pauseMs(): number;
  /** A call begins. Once the pause is over, this one is the probe: no other may start until it has ended. */
  begin(): CircuitCall;
  readonly healthy: boolean;
}

/** A call under way, which has to tell once how it ended. */
export interface CircuitCall {
  succeeded(): void;
  failed(): void;
}

export interface CircuitDeps {
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly emit: Emit;
  /** For events: whose circuit it is, and of which client's calls. */
  readonly tenant: string;
  readonly client: EventClient;
}

/** Failures in a row that open the circuit. */
const THRESHOLD = 5;
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;
/** What callers are told while a probe is under way. */
const PROBE_MS = 1_000;

export function createCircuit({ now, random, emit, tenant, client }: CircuitDeps): Circuit {
  let failures = 0;
  let pauses = 0;
  let pausedUntil = 0;
  let probing = false;

  return {
    pauseMs() {
      if (probing) return PROBE_MS;
      return Math.max(0, pausedUntil - now());
    },

    begin() {
      const isProbe = pauses > 0;
      probing = isProbe;
      return {
        succeeded() {
          if (pauses > 0) emit({ type: 'tenant.circuit_closed', tenant, client });
          failures = 0;
          pauses = 0;
          pausedUntil = 0;
          probing = false;
        },

        failed() {
          if (isProbe) probing = false;
          else if (pauses > 0) return; // It began before the circuit opened: that trouble is known.
          failures += 1;
          if (failures < THRESHOLD) return;
          const pause = Math.min(FIRST_PAUSE_MS * 2 ** pauses, LONGEST_PAUSE_MS) * (0.75 + random() / 4);
          pauses += 1;
          pausedUntil = now() + pause;
          emit({ type: 'tenant.circuit_opened', tenant, client, pauseMs: pause });
        },
      };
    },

    get healthy() {
      return pauses === 0;
    },
  };
}
