import { setTimeout } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { type Clock, systemClock } from './clock.ts';
import type { Settings } from './config/settings.ts';
import { createDenyList } from './directory/deny-list.ts';
import { byClaim, bySubject, createDirectory, type UserMapping } from './directory/directory.ts';
import { createWatchedTable } from './directory/watched-table.ts';
import { createCurrentSession } from './http/policy/current-session.ts';
import { createOrigins } from './http/policy/origins.ts';
import { createRateLimiter } from './http/policy/rate-limiter.ts';
import { createRouteGuard } from './http/policy/route-guard.ts';
import { registerDemoLogin, registerSignInPage } from './http/routes/demo-login.ts';
import { registerDemoPortal } from './http/routes/demo-portal.ts';
import { registerHealth } from './http/routes/health.ts';
import { registerLogout } from './http/routes/logout.ts';
import { registerQlikConfig } from './http/routes/qlik-config.ts';
import { registerQlikToken } from './http/routes/qlik-token.ts';
import { registerSession } from './http/routes/session.ts';
import { createServer } from './http/server.ts';
import { createSignOut } from './http/sign-out.ts';
import type { Log } from './observability/log.ts';
import { logTokenEvent } from './observability/token-log.ts';
import { createDemoAuth, parseDemoUsers, sandboxUsers } from './portal/demo.ts';
import { withClientSecret, withPrivateKey } from './qlik/client-authentication.ts';
import { createQlikHttp, type QlikHttp } from './qlik/qlik-http.ts';
import { createQlikTokenIssuer } from './qlik/qlik-token-issuer.ts';
import { createSessionCookie } from './session/session-cookie.ts';
import { registerSessionPlugin } from './session/session-plugin.ts';
import { createSessionReader } from './session/session-reader.ts';
import { createSessions } from './session/sessions.ts';
import { createMemoryStore } from './store/memory.ts';
import type { RecordStore } from './store/record-store.ts';
import { createCircuit } from './token/circuit.ts';
import { createClientStanding } from './token/client-standing.ts';
import { createGate } from './token/gate.ts';
import { createTenantGateway, type TenantGateway } from './token/tenant-gateway.ts';
import { createTokenService } from './token/token-service.ts';
import type { Tenant } from './token/token-subject.ts';

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
}

/** The service, put together. */
export interface Service {
  /** The public listener; tests send requests to it without a socket. */
  readonly app: FastifyInstance;
  /** Binds the public listener; resolves to its address. */
  listen(): Promise<string>;
  /** Answers what is in flight, ends what runs in the background, then closes everything. */
  close(): Promise<void>;
}

/** Part of `TOKEN_DEADLINE` that a single call to the tenant may take: its failure can then still be answered. */
const CALL_SHARE = 0.75;
/** What runs behind the answers, such as revocations, may still take this long when the service stops. */
const BACKGROUND_GRACE_MS = 2_000;

/** Builds the parts and hands them to each other. Throws a plain `Error` when a file that a setting names is broken. */
export async function createService(deps: ServiceDeps): Promise<Service> {
  const { settings, log, readFile, clock = systemClock, random = Math.random } = deps;
  const publicUrl = settings.PUBLIC_URL;
  const base = publicUrl.pathname.replace(/\/$/, '');

  const store = deps.store ?? createMemoryStore({ now: clock.now });
  const sessions = createSessions({
    store,
    limits: { idleMs: settings.SESSION_IDLE_TIMEOUT, lifetimeMs: settings.SESSION_LIFETIME },
  });
  const cookie = createSessionCookie({
    publicUrl,
    secrets: settings.SESSION_SECRET,
    sameSite: settings.SESSION_SAME_SITE,
  });

  const tenant: Tenant = {
    url: settings.QLIK_TENANT_URL,
    clientId: settings.QLIK_CLIENT_ID,
    scope: settings.QLIK_SCOPE,
  };
  const qlikHttp = createQlikHttp({
    tenantUrl: tenant.url,
    ca: settings.QLIK_CA,
    connections: settings.TENANT_CONCURRENCY,
    now: clock.now,
  });
  const gateway = tenantGateway(settings, qlikHttp, log, clock, random);

  const isDenied = createDenyList(settings.USER_DENY);
  const { mapping, close: closeMapping } = userMapping(settings, readFile, log);
  const directory = createDirectory({ tenant, mapping, isDenied });
  const tokens = createTokenService({
    gatewayOf: () => gateway,
    isDenied,
    clock,
    random,
    report: (event) => logTokenEvent(log, event, publicUrl.origin),
    maxHeld: settings.TOKEN_CACHE_MAX,
    refreshBeforeMs: settings.TOKEN_REFRESH_BEFORE,
    minRemainingMs: settings.TOKEN_MIN_REMAINING,
    replaceCooldownMs: settings.TOKEN_REPLACE_COOLDOWN,
    patienceMs: settings.TOKEN_DEADLINE,
  });

  const origins = createOrigins(publicUrl, settings.ALLOWED_ORIGINS);
  const guard = createRouteGuard(origins);
  const currentSession = createCurrentSession(createSessionReader({ cookie, sessions }), cookie);
  const signOut = createSignOut({ sessions, directory, tokens });
  const auth = createDemoAuth({
    users: settings.DEMO_USERS ? parseDemoUsers(readFile(settings.DEMO_USERS)) : sandboxUsers(),
    claims: settings.USER_CLAIM ? [settings.USER_CLAIM] : [],
  });
  let stopping = false;

  const app = await createServer({
    publicUrl,
    origins,
    trustedProxies: settings.TRUSTED_PROXIES,
    loopbackOnly: settings.PORTAL_AUTH === 'demo',
    log,
  });

  await app.register(
    async (routes) => {
      registerHealth(routes, {
        isStopping: () => stopping,
        storeAnswers: () =>
          store.ping().then(
            () => true,
            () => false,
          ),
        tenantHealthy: () => gateway.healthy,
      });
      registerQlikToken(routes, {
        guard,
        currentSession,
        rateLimiter: createRateLimiter(settings.RATE_LIMIT_TOKEN, clock.now),
        directory,
        tokens,
        signOut,
        clock,
        log,
        deadlineMs: settings.TOKEN_DEADLINE,
      });
      registerQlikConfig(routes, { guard, currentSession, directory });
      registerSession(routes, { guard, currentSession, tenantUrl: tenant.url });
      registerDemoPortal(routes, { base, tenantUrl: tenant.url });
      registerSignInPage(routes, { origins, auth, base });
      await routes.register(async (scope) => {
        // Before the plugin's own hook: who may call is decided before the session is read.
        scope.addHook('onRequest', guard.forFetchOrForm);
        await registerSessionPlugin(scope, { cookie, sessions });
        registerLogout(scope, { cookie, signOut, postLogoutUrl: settings.POST_LOGOUT_URL });
        const failures = createRateLimiter(settings.RATE_LIMIT_SIGN_IN, clock.now);
        registerDemoLogin(scope, { origins, auth, signOut, failures });
      });
    },
    { prefix: base },
  );
  await app.ready();

  return {
    app,

    listen: () => app.listen({ host: settings.HOST, port: settings.PORT }),

    async close() {
      stopping = true;
      if (settings.SHUTDOWN_DELAY > 0) await setTimeout(settings.SHUTDOWN_DELAY);
      await app.close();
      await withinGrace(tokens.idle());
      closeMapping();
      await Promise.all([qlikHttp.close(), store.close()]);
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

function tenantGateway(
  settings: Settings,
  http: QlikHttp,
  log: Log,
  clock: Clock,
  random: () => number,
): TenantGateway {
  const clientId = settings.QLIK_CLIENT_ID;
  const authenticate = settings.QLIK_CLIENT_SECRET
    ? withClientSecret(clientId, settings.QLIK_CLIENT_SECRET)
    : withPrivateKey({
        clientId,
        key: settings.QLIK_CLIENT_PRIVATE_KEY as NonNullable<Settings['QLIK_CLIENT_PRIVATE_KEY']>,
        keyId: settings.QLIK_CLIENT_KEY_ID as string,
        tokenEndpoint: `${settings.QLIK_TENANT_URL}/oauth/token`,
        tenantNow: http.tenantNow,
      });
  const tenant = settings.QLIK_TENANT_URL;
  return createTenantGateway({
    issuer: createQlikTokenIssuer({ http, authenticate, scope: settings.QLIK_SCOPE }),
    gate: createGate({
      clock,
      circuit: createCircuit({
        now: clock.now,
        random,
        onChange: (change) => log.warn({ tenant, ...change }, 'the tenant’s circuit changed'),
      }),
      concurrency: settings.TENANT_CONCURRENCY,
      budget: settings.TENANT_BUDGET,
      onThrottled: (pauseMs) => log.warn({ tenant, pauseMs }, 'the tenant throttles us'),
    }),
    standing: createClientStanding({
      now: clock.now,
      onChange: (change) =>
        log.error({ tenant, clientId, ...change }, 'the tenant’s opinion of our client changed'),
    }),
    clock,
    random,
    callTimeoutMs: settings.TOKEN_DEADLINE * CALL_SHARE,
  });
}

function userMapping(
  settings: Settings,
  readFile: ServiceDeps['readFile'],
  log: Log,
): { mapping: UserMapping; close(): void } {
  if (settings.USER_CLAIM !== undefined) return { mapping: byClaim(settings.USER_CLAIM), close() {} };
  if (settings.USER_TABLE === undefined) return { mapping: bySubject, close() {} };
  const path = settings.USER_TABLE;
  return createWatchedTable({
    path,
    content: readFile(path),
    report: (event) =>
      event.type === 'table_read'
        ? log.info({ path, ...event }, 'the table of users was read again')
        : log.error({ path, ...event }, 'the table of users is broken; the old one stays in force'),
  });
}
