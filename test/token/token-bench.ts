import { createSessionTokens, type TokenRequest } from '../../src/access/session-tokens.ts';
import type { BrokerEvent, Emit } from '../../src/events.ts';
import type { Rate } from '../../src/lib/rate-limiter.ts';
import type { PortalUser } from '../../src/portal/portal-user.ts';
import type { Session } from '../../src/session/sessions.ts';
import type { Leases } from '../../src/store/leases.ts';
import { createMemoryCallLimits } from '../../src/store/memory/call-limits.ts';
import { createMemoryLeases } from '../../src/store/memory/leases.ts';
import { createMemoryStore } from '../../src/store/memory/records.ts';
import type { RecordStore } from '../../src/store/record-store.ts';
import { createCircuit } from '../../src/tenant/admission/circuit.ts';
import { createGate } from '../../src/tenant/admission/gate.ts';
import { createCredentialsStatus } from '../../src/tenant/credentials-status.ts';
import { createTokenClient, type TokenClient } from '../../src/tenant/token-client.ts';
import type { Deadline } from '../../src/token/deadline.ts';
import type { Token } from '../../src/token/token.ts';
import { eventFacts, type TokenKey } from '../../src/token/token-key.ts';
import {
  createTokenService,
  type TokenService,
  type TokenServiceDeps,
} from '../../src/token/token-service.ts';
import { createTokenShare } from '../../src/token/token-share.ts';
import { createManualClock, type ManualClock, settle } from '../support/manual-clock.ts';
import { createFakeIssuer, type FakeIssuer } from '../tenant/fake-issuer.ts';

export type BenchOptions = Partial<
  Omit<TokenServiceDeps, 'tenantOf' | 'clock' | 'emit' | 'share' | 'leases'>
> & {
  concurrency?: number;
  budget?: Rate;
  callTimeoutMs?: number;
  /** What this replica shares with others, when there are any. */
  world?: SharedWorld;
  isDenied?: (qlikUser: string) => boolean;
};

/** What all replicas have in common: time, the tenant, and the store. */
export interface SharedWorld {
  readonly clock: ManualClock;
  readonly issuer: FakeIssuer;
  readonly store: RecordStore;
  readonly leases: Leases;
  /** The generation that a session of this user shows now. */
  generationOf(subject: TokenKey): string;
}

/** The token service as one who reads the session before each call, and compares after it, sees it. */
export interface BenchTokens extends Omit<TokenService, 'cached' | 'obtain' | 'rejected'> {
  cached(subject: TokenKey): Token | undefined;
  obtain(subject: TokenKey, deadline: Deadline): Promise<Token>;
  rejected(subject: TokenKey, deadline: Deadline): Promise<Token>;
}

/** Everything between the routes and the tenant as the service puts it together, on a clock that the test moves. */
export interface TokenBench {
  readonly tokens: BenchTokens;
  /** The same, without the sessions. */
  readonly service: TokenService;
  readonly tokenClient: TokenClient;
  readonly issuer: FakeIssuer;
  readonly clock: ManualClock;
  readonly events: BrokerEvent[];
  readonly world: SharedWorld;
  /** A wait that ends after `ms`, 8 seconds unless told. */
  within(ms?: number, signal?: AbortSignal): Deadline;
}

export const DEADLINE_MS = 8_000;
const NO_LIMIT: Rate = { limit: 1_000_000, windowMs: 60_000 };

export function createSharedWorld(): SharedWorld {
  const clock = createManualClock();
  const store = createMemoryStore({ now: clock.now });
  const generations = new Map<string, string>();
  return {
    clock,
    issuer: createFakeIssuer(clock.now),
    leases: createMemoryLeases(clock),
    store: {
      ...store,
      async advance(partition, advance) {
        const advanced = await store.advance(partition, advance);
        generations.set(partition, advanced.generation);
        return advanced;
      },
    },
    generationOf: ({ owner }) => generations.get(partitionOf(owner)) ?? '',
  };
}

export function createTokenBench(options: BenchOptions = {}): TokenBench {
  const {
    concurrency = 8,
    budget = NO_LIMIT,
    callTimeoutMs = 6_000,
    random = () => 0.5,
    isDenied = () => false,
    world = createSharedWorld(),
    ...deps
  } = options;
  const { clock, issuer, store, leases } = world;
  const events: BrokerEvent[] = [];
  const emit: Emit = (event) => events.push(event);
  const silent = { emit() {}, tenant: tenant.name };
  const circuit = createCircuit({ now: clock.now, random, ...silent, client: 'impersonation' });
  const limits = createMemoryCallLimits({ now: clock.now, concurrency, rate: budget, permitMs: 60_000 });
  const tokenClient = createTokenClient({
    issuer,
    gate: createGate({ clock, circuit, limits, ...silent }),
    createCredentialsStatus: (askForOwn) =>
      createCredentialsStatus({ now: clock.now, ...silent, clientId: tenant.clientId, askForOwn }),
    clock,
    random,
    callTimeoutMs,
    maxLate: concurrency,
  });
  const tenantOf = () => ({ tokenClient, isDenied });
  const service = createTokenService({
    tenantOf,
    share: createTokenShare({ store, partitionOf, tenantOf, clock }),
    leases,
    mintRate: { take: async () => 0, giveBack: async () => {} },
    clock,
    random,
    emit,
    maxCached: 1_000,
    refreshBeforeMs: 10 * 60_000,
    minRemainingMs: 60_000,
    replaceCooldownMs: 30_000,
    deadlineMs: DEADLINE_MS,
    ...deps,
  });
  return {
    tokens: withSessions(service, world),
    service,
    tokenClient,
    issuer,
    clock,
    events,
    world,
    within: (ms = DEADLINE_MS, signal) => ({ at: clock.now() + ms, ...(signal && { signal }) }),
  };
}

/** The partition whose generation is that of the owner's tokens. */
export function partitionOf(owner: string): string {
  return `{${owner}}:sessions`;
}

/** What a session sees: a user who is asked about by the key of the token. */
function withSessions(service: TokenService, { generationOf }: SharedWorld): BenchTokens {
  const keyOf = ({ claims }: PortalUser) => claims?.key as TokenKey;
  const sessionTokens = createSessionTokens({
    tokens: {
      cached: (user, generation) => service.cached(keyOf(user), generation),
      obtain: (user, generation, deadline) => service.obtain(keyOf(user), generation, deadline),
      rejected: (user, generation, deadline) => service.rejected(keyOf(user), generation, deadline),
      qlikUser: (user) => eventFacts(keyOf(user)).qlikUser,
      isAnothers: (user) => service.isAnothers(keyOf(user)),
      ending: (user) => service.ending(keyOf(user).owner),
      ended: (user, advanced) => service.ended(keyOf(user), advanced),
      forget: (user) => service.forget(keyOf(user)),
      forgetAll: service.forgetAll,
    },
    logout: { afterwards: async () => {} },
    emit() {},
  });
  const sessionOf = (key: TokenKey): Session => ({
    id: 'session',
    user: { id: key.owner, claims: { key } },
    generation: generationOf(key),
    idleRemainingMs: 60_000,
    remainingMs: 60_000,
  });
  const asked = (key: TokenKey, deadline: Deadline): TokenRequest => ({
    session: sessionOf(key),
    lookAgain: async () => sessionOf(key),
    deadline,
  });
  return {
    ...service,
    get size() {
      return service.size;
    },
    cached: (key) => sessionTokens.cached(sessionOf(key)),
    obtain: (key, deadline) => sessionTokens.obtain(asked(key, deadline)),
    rejected: (key, deadline) => sessionTokens.rejected(asked(key, deadline)),
  };
}

export const tenant = {
  name: 'acme',
  url: 'https://acme.eu.qlikcloud.com',
  clientId: 'client',
  scope: 'user_default',
};

export function subjectOf(user: string): TokenKey {
  return { tenant, owner: `tag-of-${user}`, lookup: { field: 'subject', value: user } };
}

/** What has become of a promise so far. */
export interface Outcome<T> {
  state: 'pending' | 'fulfilled' | 'rejected';
  value?: T;
  error?: unknown;
}

/** Follows a promise without deadline for it. */
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
