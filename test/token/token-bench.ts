import type { Rate } from '../../src/config/kinds.ts';
import { createMemoryCallLimits } from '../../src/store/memory-call-limits.ts';
import { createCircuit } from '../../src/token/circuit.ts';
import { createClientStanding } from '../../src/token/client-standing.ts';
import { createGate } from '../../src/token/tenant-gate.ts';
import { createTenantGateway, type TenantGateway } from '../../src/token/tenant-gateway.ts';
import {
  createTokenService,
  type TokenEvent,
  type TokenService,
  type TokenServiceDeps,
} from '../../src/token/token-service.ts';
import type { TokenSubject } from '../../src/token/token-subject.ts';
import type { Waiting } from '../../src/token/waiting.ts';
import { createManualClock, type ManualClock, settle } from '../support/manual-clock.ts';
import { createFakeIssuer, type FakeIssuer } from './fake-issuer.ts';

export type BenchOptions = Partial<Omit<TokenServiceDeps, 'gatewayOf' | 'clock' | 'report'>> & {
  concurrency?: number;
  budget?: Rate;
  callTimeoutMs?: number;
};

/** Everything between the routes and the tenant as the service puts it together, on a clock that the test moves. */
export interface TokenBench {
  readonly tokens: TokenService;
  readonly gateway: TenantGateway;
  readonly issuer: FakeIssuer;
  readonly clock: ManualClock;
  readonly events: TokenEvent[];
  /** A wait that ends after `ms`, 8 seconds unless told. */
  within(ms?: number, signal?: AbortSignal): Waiting;
}

export const DEADLINE_MS = 8_000;
const NO_LIMIT: Rate = { limit: 1_000_000, windowMs: 60_000 };

export function createTokenBench(options: BenchOptions = {}): TokenBench {
  const { concurrency = 8, budget = NO_LIMIT, callTimeoutMs = 6_000, random = () => 0.5, ...deps } = options;
  const clock = createManualClock();
  const issuer = createFakeIssuer(clock.now);
  const events: TokenEvent[] = [];
  const circuit = createCircuit({ now: clock.now, random, onChange() {} });
  const limits = createMemoryCallLimits({ now: clock.now, concurrency, rate: budget, placeMs: 60_000 });
  const gateway = createTenantGateway({
    issuer,
    gate: createGate({ clock, circuit, limits, onThrottled() {} }),
    standing: createClientStanding({ now: clock.now, onChange() {} }),
    clock,
    random,
    callTimeoutMs,
  });
  const tokens = createTokenService({
    gatewayOf: () => gateway,
    isDenied: () => false,
    clock,
    random,
    report: (event) => events.push(event),
    maxHeld: 100_000,
    refreshBeforeMs: 10 * 60_000,
    minRemainingMs: 60_000,
    replaceCooldownMs: 30_000,
    patienceMs: DEADLINE_MS,
    ...deps,
  });
  return {
    tokens,
    gateway,
    issuer,
    clock,
    events,
    within: (ms = DEADLINE_MS, signal) => ({ deadline: clock.now() + ms, ...(signal && { signal }) }),
  };
}

export const tenant = { url: 'https://acme.eu.qlikcloud.com', clientId: 'client', scope: 'user_default' };

export function subjectOf(user: string): TokenSubject {
  return { tenant, lookup: { field: 'subject', value: user } };
}

/** What has become of a promise so far. */
export interface Outcome<T> {
  state: 'pending' | 'fulfilled' | 'rejected';
  value?: T;
  error?: unknown;
}

/** Follows a promise without waiting for it. */
export function follow<T>(promise: Promise<T>): Outcome<T> {
  const outcome: Outcome<T> = { state: 'pending' };
  promise.then(
    (value) => Object.assign(outcome, { state: 'fulfilled', value }),
    (error) => Object.assign(outcome, { state: 'rejected', error }),
  );
  return outcome;
}

/** The outcome after everything has happened that needs no time. */
export async function outcomeOf<T>(promise: Promise<T>): Promise<Outcome<T>> {
  const outcome = follow(promise);
  await settle();
  return outcome;
}

/** The code of an error of the domain. */
export function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | undefined)?.code;
}
