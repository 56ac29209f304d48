import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { SessionTokens } from '../access/session-tokens.ts';
import type { Tenants } from '../access/tenants.ts';
import type { LoginMode, LoginModeDeps } from '../http/login-mode.ts';
import { createOpenSession } from '../http/open-session.ts';
import { createCookieSession } from '../http/policy/current-session.ts';
import { createOrigins } from '../http/policy/origins.ts';
import { type Health, healthRoutes } from '../http/routes/health.ts';
import { logoutRoute } from '../http/routes/logout.ts';
import { qlikConfigRoute } from '../http/routes/qlik-config.ts';
import { qlikTokenRoutes } from '../http/routes/qlik-token.ts';
import { qlikTokenScriptRoute } from '../http/routes/qlik-token-script.ts';
import { sessionRoute } from '../http/routes/session.ts';
import { startPageRoute } from '../http/routes/start-page.ts';
import { pagesPolicy, peoplePolicy, publicPolicy, sessionPolicy } from '../http/scopes.ts';
import { createServer } from '../http/server.ts';
import { createRateLimiter } from '../lib/rate-limiter.ts';
import { createSessionCookie } from '../session/session-cookie.ts';
import { createLoginMode } from './choose-login.ts';

export interface PublicAppDeps
  extends Omit<LoginModeDeps, 'origins' | 'cookie' | 'cookieSession' | 'openSession'> {
  readonly tenants: Tenants;
  readonly tokens: SessionTokens;
  readonly health: Omit<Health, 'idpHealthy'>;
  /** Judge each answer by its route's schema: for tests. */
  readonly checkAnswers: boolean;
}

/** The public listener, ready to answer, and the mode in which its users sign in; that is to be closed in the end. */
export async function createPublicApp(
  deps: PublicAppDeps,
): Promise<{ app: FastifyInstance; mode: LoginMode }> {
  const { config, emit, clock, sessions, login, logout, tenants, tokens } = deps;
  const { publicUrl, base, session, deadlines, rateLimits } = config;

  const origins = createOrigins(publicUrl, tenants);
  const cookie = createSessionCookie({ publicUrl, secrets: session.secrets, sameSite: session.sameSite });
  const cookieSession = createCookieSession(cookie, sessions);
  const mode = await createLoginMode({
    ...deps,
    origins,
    cookie,
    cookieSession,
    openSession: createOpenSession({ cookieSession, cookie, login }),
  });
  const currentSession = mode.follow?.(cookieSession) ?? cookieSession;

  const app = await createServer({
    publicUrl,
    base,
    origins,
    trustedProxies: config.trustedProxies,
    loopbackOnly: config.portal.auth === 'demo',
    otherAccountUrl: mode.otherAccountUrl,
    emit,
    keepAliveMs: config.keepAliveMs,
    drainMs: deadlines.drainMs,
    checkAnswers: deps.checkAnswers,
  });
  const routes: FastifyPluginAsync = async (under) => {
    await under.register(async (scope) => {
      await scope.register(publicPolicy);
      await scope.register(healthRoutes, { ...deps.health, idpHealthy: mode.idpHealthy });
      await scope.register(qlikTokenScriptRoute);
      if (mode.routes.public) await scope.register(mode.routes.public);
    });
    const rateLimiter = createRateLimiter(rateLimits.token, clock.now);
    await under.register(async (scope) => {
      await scope.register(pagesPolicy, { origins, emit });
      await scope.register(qlikTokenRoutes, {
        currentSession,
        rateLimiter,
        tokens,
        clock,
        emit,
        requestMs: deadlines.requestMs,
      });
      await scope.register(qlikConfigRoute, { currentSession, tenants });
      await scope.register(sessionRoute, { currentSession, tenants });
    });
    await under.register(async (scope) => {
      await scope.register(sessionPolicy, { origins, emit });
      await scope.register(logoutRoute, {
        cookie,
        cookieSession,
        logout,
        postLogoutUrl: config.postLogoutUrl,
        endSessionUrl: mode.endSessionUrl,
        speaksFor: mode.speaksFor,
      });
      if (mode.routes.session) await scope.register(mode.routes.session);
    });
    await under.register(async (scope) => {
      await scope.register(peoplePolicy, { emit });
      await scope.register(mode.routes.people);
      // In the demo, the portal is there.
      if (config.portal.auth !== 'demo')
        await scope.register(startPageRoute, {
          currentSession,
          namedUser: mode.namedUser,
          tenants,
          tokens,
          rateLimiter,
          clock,
          requestMs: deadlines.requestMs,
          sessionLifetimeMs: session.lifetimeMs,
          base,
          logout: { endSessionUrl: mode.endSessionUrl, postLogoutUrl: config.postLogoutUrl },
          noLoginHere: config.portal.auth === 'assertion',
        });
    });
  };
  await app.register(routes, { prefix: base });
  await app.ready();
  return { app, mode };
}
