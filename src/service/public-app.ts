import type { FastifyInstance } from 'fastify';
import type { SessionTokens } from '../access/session-tokens.ts';
import type { Tenants } from '../access/tenants.ts';
import type { LoginMode, LoginModeDeps } from '../http/login-mode.ts';
import { createOpenSession } from '../http/open-session.ts';
import { createCookieSession } from '../http/policy/current-session.ts';
import { createOrigins } from '../http/policy/origins.ts';
import { createRouteGuard } from '../http/policy/route-guard.ts';
import { type Health, registerHealth } from '../http/routes/health.ts';
import { registerLogout } from '../http/routes/logout.ts';
import { registerQlikConfig } from '../http/routes/qlik-config.ts';
import { registerQlikToken } from '../http/routes/qlik-token.ts';
import { registerQlikTokenScript } from '../http/routes/qlik-token-script.ts';
import { registerSession } from '../http/routes/session.ts';
import { createServer } from '../http/server.ts';
import { createRateLimiter } from '../lib/rate-limiter.ts';
import { createSessionCookie } from '../session/session-cookie.ts';
import { createLoginMode } from './choose-login.ts';

export interface PublicAppDeps
  extends Omit<LoginModeDeps, 'origins' | 'cookie' | 'cookieSession' | 'openSession' | 'failures'> {
  readonly tenants: Tenants;
  readonly tokens: SessionTokens;
  readonly health: Omit<Health, 'idpHealthy'>;
}

/** The public listener, ready to answer, and the mode in which its users sign in; that is to be closed in the end. */
export async function createPublicApp(
  deps: PublicAppDeps,
): Promise<{ app: FastifyInstance; mode: LoginMode }> {
  const { config, emit, clock, sessions, login, logout, tenants, tokens } = deps;
  const { publicUrl, base, session, deadlines, rateLimits } = config;

  const origins = createOrigins(publicUrl, tenants);
  const guard = createRouteGuard(origins);
  const cookie = createSessionCookie({ publicUrl, secrets: session.secrets, sameSite: session.sameSite });
  const cookieSession = createCookieSession(cookie, sessions);
  const mode = await createLoginMode({
    ...deps,
    origins,
    cookie,
    cookieSession,
    openSession: createOpenSession({ cookieSession, cookie, login }),
    failures: createRateLimiter(rateLimits.login, clock.now),
  });
  const currentSession = mode.follow?.(cookieSession) ?? cookieSession;

  const app = await createServer({
    publicUrl,
    origins,
    trustedProxies: config.trustedProxies,
    loopbackOnly: config.portal.auth === 'demo',
    emit,
    drainMs: deadlines.drainMs,
  });
  await app.register(
    async (routes) => {
      registerHealth(routes, { ...deps.health, idpHealthy: mode.idpHealthy });
      registerQlikToken(routes, {
        guard,
        currentSession,
        rateLimiter: createRateLimiter(rateLimits.token, clock.now),
        tokens,
        clock,
        emit,
        requestMs: deadlines.requestMs,
      });
      registerQlikTokenScript(routes);
      registerQlikConfig(routes, { guard, currentSession, tenants });
      registerSession(routes, { guard, currentSession, tenants });
      mode.registerOutside(routes);
      await routes.register(async (scope) => {
        scope.addHook('onRequest', guard.forSessionScope);
        registerLogout(scope, {
          cookie,
          cookieSession,
          logout,
          postLogoutUrl: config.postLogoutUrl,
          endSessionUrl: mode.endSessionUrl,
          speaksFor: mode.speaksFor,
        });
        mode.registerInside(scope);
      });
    },
    { prefix: base },
  );
  await app.ready();
  return { app, mode };
}
