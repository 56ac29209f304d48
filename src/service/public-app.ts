import type { FastifyInstance } from 'fastify';
import type { Logout } from '../access/logout.ts';
import type { UserTokens } from '../access/user-tokens.ts';
import type { Settings } from '../config/settings.ts';
import type { Directory } from '../directory/directory.ts';
import { logClientLeft } from '../http/client-left.ts';
import { createCurrentSession } from '../http/policy/current-session.ts';
import { createOrigins } from '../http/policy/origins.ts';
import { createRouteGuard } from '../http/policy/route-guard.ts';
import { type Health, registerHealth } from '../http/routes/health.ts';
import { registerLogout } from '../http/routes/logout.ts';
import { registerQlikConfig } from '../http/routes/qlik-config.ts';
import { registerQlikToken } from '../http/routes/qlik-token.ts';
import { registerQlikTokenScript } from '../http/routes/qlik-token-script.ts';
import { registerSession } from '../http/routes/session.ts';
import { createServer } from '../http/server.ts';
import type { Clock } from '../lib/clock.ts';
import { createRateLimiter } from '../lib/rate-limiter.ts';
import type { Log } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { OidcProvider } from '../portal/oidc-provider.ts';
import type { PublishedKeys } from '../portal/published-keys.ts';
import type { ProviderSessions } from '../session/provider-sessions.ts';
import type { ReplayDetection } from '../session/replay-detection.ts';
import { createSessionCookie } from '../session/session-cookie.ts';
import { registerSessionPlugin } from '../session/session-plugin.ts';
import type { Sessions } from '../session/sessions.ts';
import { createLoginMode } from './choose-sign-in.ts';

export interface PublicAppDeps {
  readonly settings: Settings;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly readFile: (path: string) => string;
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly providerSessions: ProviderSessions;
  readonly replays: ReplayDetection;
  readonly provider: OidcProvider | undefined;
  readonly portalKeys: PublishedKeys | undefined;
  readonly directory: Directory;
  readonly tokens: UserTokens;
  readonly logout: Logout;
  readonly health: Health;
}

/** Beyond `TOKEN_DEADLINE`, to send the answer. */
const ANSWER_MS = 500;

/** The public listener, ready to answer. Throws a plain `Error` when the file that `DEMO_USERS` names is broken. */
export async function createPublicApp(deps: PublicAppDeps): Promise<FastifyInstance> {
  const { settings, log, metrics, clock, sessions, directory, tokens, logout, health } = deps;
  const publicUrl = settings.PUBLIC_URL;
  const tenantUrl = settings.QLIK_TENANT_URL;
  const base = publicUrl.pathname.replace(/\/$/, '');

  const origins = createOrigins(publicUrl, settings.ALLOWED_ORIGINS);
  const guard = createRouteGuard(origins);
  const cookie = createSessionCookie({
    publicUrl,
    secrets: settings.SESSION_SECRET,
    sameSite: settings.SESSION_SAME_SITE,
  });
  const login = await createLoginMode({ ...deps, origins, base });
  const cookieSession = createCurrentSession(cookie, sessions);
  const currentSession = login.follow?.(cookieSession) ?? cookieSession;

  const app = await createServer({
    publicUrl,
    origins,
    trustedProxies: settings.TRUSTED_PROXIES,
    loopbackOnly: settings.PORTAL_AUTH === 'demo',
    log,
    metrics,
    drainMs: settings.TOKEN_DEADLINE + ANSWER_MS,
  });
  await app.register(
    async (routes) => {
      registerHealth(routes, health);
      registerQlikToken(routes, {
        guard,
        currentSession,
        rateLimiter: createRateLimiter(settings.RATE_LIMIT_TOKEN, clock.now),
        tokens,
        logout,
        clock,
        log,
        metrics,
        deadlineMs: settings.TOKEN_DEADLINE,
      });
      registerQlikTokenScript(routes);
      registerQlikConfig(routes, { guard, currentSession, directory });
      registerSession(routes, { guard, currentSession, tenantUrl });
      login.registerOutside(routes);
      await routes.register(async (scope) => {
        // Before the plugin's own hook: who may call is decided before the session is read.
        scope.addHook('onRequest', guard.forSessionScope);
        scope.addHook('onRequestAbort', async (request) => logClientLeft(log, request));
        await registerSessionPlugin(scope, { cookie, sessions });
        registerLogout(scope, {
          cookie,
          logout,
          postLogoutUrl: settings.POST_LOGOUT_URL,
          endSessionUrl: login.endSessionUrl,
          speaksFor: login.speaksFor,
        });
        login.registerInside(scope);
      });
    },
    { prefix: base },
  );
  await app.ready();
  return app;
}
