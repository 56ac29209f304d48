import { setTimeout } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { createLogout } from '../access/logout.ts';
import { createUserTokens } from '../access/user-tokens.ts';
import type { Settings } from '../config/settings.ts';
import { createDenyList } from '../directory/deny-list.ts';
import { createAdminServer } from '../http/admin/server.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { Log } from '../observability/log.ts';
import { createMetrics } from '../observability/metrics.ts';
import { logTokenEvent } from '../observability/token-log.ts';
import { createProviderSessions } from '../session/provider-sessions.ts';
import { createReplayDetection } from '../session/replay-detection.ts';
import { sessionsOfTag } from '../session/session-id.ts';
import { createSessions } from '../session/sessions.ts';
import type { Leases } from '../store/leases.ts';
import type { RecordStore } from '../store/record-store.ts';
import { connectTenant } from '../tenant/connection.ts';
import { createTokenService } from '../token/token-service.ts';
import { createTokenShare } from '../token/token-share.ts';
import { openSharedStore } from './open-shared-store.ts';
import { connectPortalKeys, connectProvider } from './provider-connection.ts';
import { createPublicApp } from './public-app.ts';
import { inMemory } from './shared-store.ts';
import { createUserDirectory } from './user-directory.ts';

/** What the service needs of the world; tests bring their own. */
export interface ServiceDeps {
  readonly settings: Settings;
  readonly log: Log;
  /** The text of a file that a setting names. */
  readonly readFile: (path: string) => string;
  readonly clock?: Clock;
  /** From 0 to 1; spreads retries and renewals. */
  readonly random?: () => number;
  readonly store?: RecordStore;
  readonly leases?: Leases;
}

/** The service, put together. */
export interface Service {
  /** The public listener; tests send requests to it without a socket. */
  readonly app: FastifyInstance;
  /** The operators' listener. */
  readonly adminApp: FastifyInstance;
  /** Binds both listeners; resolves to the public one's address. */
  listen(): Promise<string>;
  /** Answers what is in flight, ends what runs in the background, then closes everything. */
  close(): Promise<void>;
}

/** What runs behind the answers, such as revocations, may still take this long when the service stops. */
const BACKGROUND_GRACE_MS = 2_000;

/** Builds the parts and hands them to each other. Throws a plain `Error` when a file that a setting names is broken. */
export async function createService(deps: ServiceDeps): Promise<Service> {
  const { settings, log, readFile, clock = systemClock, random = Math.random } = deps;
  const shared = deps.store
    ? inMemory(clock, deps.store)
    : await openSharedStore({ settings, log, clock, onUnreadable: (why) => metrics.unreadable(why) });
  const { store, createCallLimits } = shared;
  const leases = deps.leases ?? shared.leases;
  const sessions = createSessions({
    store,
    limits: { idleMs: settings.SESSION_IDLE_TIMEOUT, lifetimeMs: settings.SESSION_LIFETIME },
    onSignIn: (user) => directory.loggedIn(user),
  });

  const {
    tenant,
    gateway,
    management,
    close: closeTenant,
  } = connectTenant({
    settings,
    log,
    clock,
    random,
    createCallLimits,
  });
  const isDenied = createDenyList(settings.USER_DENY);
  const { directory, close: closeDirectory } = createUserDirectory({
    settings,
    readFile,
    log,
    clock,
    tenant,
    administration: management?.administration,
    isDenied,
    // What cannot be forgotten while the store is away cannot be handed out either: nobody is this Qlik user any more.
    onLost: (subject) => void tokens.forget(subject).catch(() => {}),
  });
  const clientsAccepted = () => !gateway.state.clientRefused && management?.accepted() !== false;
  const metrics = createMetrics({
    tokensCached: () => tokens.size,
    tenant: () => ({ ...gateway.state, clientRefused: !clientsAccepted() }),
  });
  const tokens = createTokenService({
    tokenClientOf: () => gateway,
    share: createTokenShare({ store, partitionOf: sessionsOfTag, isDenied, now: clock.now }),
    leases,
    isDenied,
    clock,
    random,
    report(event) {
      logTokenEvent(log, event, settings.PUBLIC_URL.origin);
      metrics.tokenEvent(event);
    },
    maxCached: settings.TOKEN_CACHE_MAX,
    refreshBeforeMs: settings.TOKEN_REFRESH_BEFORE,
    minRemainingMs: settings.TOKEN_MIN_REMAINING,
    replaceCooldownMs: settings.TOKEN_REPLACE_COOLDOWN,
    deadlineMs: settings.TOKEN_DEADLINE,
  });

  const userTokens = createUserTokens({ directory, tokens });
  const providerSessions = createProviderSessions({ store, lifetimeMs: settings.SESSION_LIFETIME });
  const logout = createLogout({ sessions, providerSessions, tokens: userTokens, after: clock.after });

  const provider = await connectProvider({ settings, log, clock, random });
  const portalKeys = await connectPortalKeys({ settings, log, clock });
  const idp = provider ?? portalKeys;

  let stopping = false;
  const health = {
    isStopping: () => stopping,
    storeAnswers: () =>
      store.ping().then(
        () => true,
        () => false,
      ),
    tenantHealthy: () => gateway.healthy && clientsAccepted(),
    idpHealthy: idp && (() => idp.healthy),
  };
  const app = await createPublicApp({
    settings,
    log,
    metrics,
    readFile,
    clock,
    sessions,
    providerSessions,
    replays: createReplayDetection(store),
    provider,
    portalKeys,
    directory,
    tokens: userTokens,
    logout,
    health,
  });
  const adminApp = createAdminServer({
    host: settings.ADMIN_HOST,
    token: settings.ADMIN_TOKEN,
    metrics,
    logout,
    tokens: userTokens,
    log,
  });

  return {
    app,
    adminApp,

    async listen() {
      await adminApp.listen({ host: settings.ADMIN_HOST, port: settings.ADMIN_PORT });
      return app.listen({ host: settings.HOST, port: settings.PORT });
    },

    async close() {
      stopping = true;
      if (settings.SHUTDOWN_DELAY > 0) await setTimeout(settings.SHUTDOWN_DELAY);
      await app.close();
      await withinGrace(tokens.idle());
      await adminApp.close();
      closeDirectory();
      await leases.close();
      await Promise.all([closeTenant(), idp?.close(), store.close()]);
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
