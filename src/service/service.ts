import { setTimeout } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { createLogin } from '../access/login.ts';
import { LOGIN_LIFETIME_MS } from '../access/login-lifetime.ts';
import { createLogout } from '../access/logout.ts';
import { createRevocation } from '../access/revocation.ts';
import { createSessionTokens } from '../access/session-tokens.ts';
import { createServedTenant, createTenants, findTenants, type ServedTenant } from '../access/tenants.ts';
import { createUserTokens } from '../access/user-tokens.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { Events } from '../events.ts';
import { createAdminServer } from '../http/admin/server.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { createMetrics } from '../observability/metrics.ts';
import { createProviderLogouts } from '../session/provider-logouts.ts';
import { createProviderSessions } from '../session/provider-sessions.ts';
import { createReplayDetection } from '../session/replay-detection.ts';
import { sessionsOfTag } from '../session/session-id.ts';
import { createSessions } from '../session/sessions.ts';
import type { Leases } from '../store/leases.ts';
import type { RecordStore } from '../store/record-store.ts';
import { createTenantRegistry } from '../tenant/registry.ts';
import { createTokenService } from '../token/token-service.ts';
import { createTokenShare } from '../token/token-share.ts';
import { openSharedStore } from './open-shared-store.ts';
import { createPublicApp } from './public-app.ts';
import { inMemory } from './shared-store.ts';

/** What the service needs of the world; tests bring their own. */
export interface ServiceDeps {
  readonly config: BrokerConfig;
  /** Whoever wants to know what happens has subscribed already. */
  readonly events: Events;
  readonly clock?: Clock;
  /** From 0 to 1; spreads retries and renewals. */
  readonly random?: () => number;
  readonly store?: RecordStore;
  readonly leases?: Leases;
  /** Judge each answer by its route's schema. */
  readonly checkAnswers?: boolean;
}

/** The service, put together. */
export interface Service {
  /** The public listener; tests send requests to it without a socket. */
  readonly app: FastifyInstance;
  /** The operators' listener. */
  readonly adminApp: FastifyInstance;
  /** Binds both listeners; resolves to the public one's address. */
  listen(): Promise<string>;
  /** Reads again the files that it follows, as they are; absent where it follows none. */
  readonly readAgain?: () => Promise<void>;
  /** Answers what is in flight, ends what runs in the background, then closes everything. */
  close(): Promise<void>;
}

/** What runs behind the answers, such as revocations, may still take this long when the service stops. */
const BACKGROUND_GRACE_MS = 2_000;

/**
 * Builds the parts and hands them to each other, each after those that it needs. Throws a plain `Error` when a file that a
 * setting names is broken, and a `ConfigurationError` when the store will never do.
 */
export async function createService(deps: ServiceDeps): Promise<Service> {
  const { config, events, clock = systemClock, random = Math.random, checkAnswers = false } = deps;
  const { emit } = events;

  const shared = deps.store
    ? inMemory(clock, deps.store)
    : await openSharedStore(config.store, { clock, emit });
  const { store } = shared;
  const leases = deps.leases ?? shared.leases;

  const registry = createTenantRegistry<ServedTenant>();
  const tenantOf = findTenants(registry);
  const tokens = createTokenService({
    tenantOf,
    share: createTokenShare({ store, partitionOf: sessionsOfTag, tenantOf, clock }),
    leases,
    mintRate: shared.createRate('mint', config.rateLimits.mint),
    clock,
    random,
    emit,
    maxCached: config.tokens.cacheMax,
    refreshBeforeMs: config.tokens.refreshBeforeMs,
    minRemainingMs: config.tokens.minRemainingMs,
    replaceCooldownMs: config.tokens.replaceCooldownMs,
    deadlineMs: config.deadlines.answerMs,
  });
  for (const tenant of config.tenants) {
    const served = createServedTenant(tenant, {
      outbound: config.outbound,
      deadlines: config.deadlines,
      emit,
      clock,
      random,
      createCallLimits: shared.createCallLimits,
      askRate: config.rateLimits.mint,
      maxRemembered: config.tokens.cacheMax,
      deadlineMs: config.deadlines.answerMs,
      // What cannot be forgotten while the store is away cannot be handed out either: nobody is this Qlik user any more.
      loseToken: (key) => void tokens.lose(key).catch(() => {}),
    });
    await registry.put(served);
  }
  const tenants = createTenants(registry);

  const sessions = createSessions({
    store,
    limits: config.session,
    perUser: config.session.perUser,
  });
  const providerSessions = createProviderSessions({
    store,
    lifetimeMs: config.session.lifetimeMs,
    maxRemembered: config.session.perUser,
  });
  const userTokens = createUserTokens({ tenants, tokens });
  const logout = createLogout({ sessions, providerSessions, tokens: userTokens, after: clock.after, emit });

  let stopping = false;
  const { app, mode } = await createPublicApp({
    config,
    emit,
    clock,
    random,
    tenants,
    tokens: createSessionTokens({ tokens: userTokens, logout, emit }),
    login: createLogin({ sessions, logout, tenants, tokens: userTokens, emit }),
    logout,
    sessions,
    providerSessions,
    providerLogouts: createProviderLogouts({ store, rememberMs: LOGIN_LIFETIME_MS }),
    replays: createReplayDetection(store),
    checkAnswers,
    health: {
      isStopping: () => stopping,
      store: () => store.check().catch(() => 'away'),
      tenantsHealthy: () => tenants.all().every(({ tenant }) => tenant.healthy),
    },
  });
  const adminApp = await createAdminServer({
    host: config.admin.host,
    tokens: config.admin.tokens,
    now: clock.now,
    metrics: createMetrics({
      events,
      tokensCached: () => tokens.size,
      tenants: () => tenants.all().map(({ tenant }) => tenant),
    }),
    revocation: createRevocation({ sessions, logout, tokens: userTokens, emit }),
    emit,
    checkAnswers,
  });

  return {
    app,
    adminApp,

    async listen() {
      await adminApp.listen({ host: config.admin.host, port: config.admin.port });
      return app.listen({ host: config.host, port: config.port });
    },

    ...(tenants.all().some(({ directory }) => directory.readAgain) && {
      async readAgain() {
        await Promise.all(tenants.all().map(({ directory }) => directory.readAgain?.()));
      },
    }),

    async close() {
      stopping = true;
      if (config.shutdown.delayMs > 0) await setTimeout(config.shutdown.delayMs);
      await app.close();
      await withinGrace(tokens.idle());
      await adminApp.close();
      await leases.close();
      await Promise.all([registry.close(), mode.close?.()]).finally(store.close);
    },
  };
}

/** Waits for the work, but no longer than that; a timer of the real clock keeps the process alive meanwhile. */
async function withinGrace(work: Promise<void>): Promise<void> {
  const done = new AbortController();
  const grace = setTimeout(BACKGROUND_GRACE_MS, undefined, { signal: done.signal }).catch(() => {});
  await Promise.race([work, grace]);
  done.abort();
}
