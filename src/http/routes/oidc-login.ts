import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import type { ProviderLogin } from '../../access/provider-login.ts';
import type { RateLimiter } from '../../lib/rate-limiter.ts';
import type { OidcAuth } from '../../portal/oidc.ts';
import { LoginRefusedError } from '../../portal/portal-auth.ts';
import type { SessionCookie } from '../../session/session-cookie.ts';
import type { LoginCookies, LoginUnderWay } from '../login-cookies.ts';
import type { CookieSession } from '../policy/current-session.ts';
import type { Origins } from '../policy/origins.ts';
import { loginQuery, safeReturnTo } from '../policy/return-to.ts';
import { HttpProblem } from '../problem.ts';
import { ignored, noBody } from '../route-schemas.ts';
import type { ValibotTypes } from '../validation.ts';

export interface OidcStartDeps {
  readonly origins: Origins;
  readonly auth: OidcAuth;
  readonly cookies: LoginCookies;
  readonly now: () => number;
}

export interface OidcCallbackDeps {
  readonly origins: Origins;
  readonly auth: OidcAuth;
  readonly cookies: LoginCookies;
  readonly cookieSession: CookieSession;
  readonly cookie: SessionCookie;
  readonly providerLogin: ProviderLogin;
  /** Of failed logins, by client address. */
  readonly failures: RateLimiter;
}

/** `GET /login` of the OIDC mode: sends the browser to the provider. Reads no session. For the scope `people`. */
export const oidcStartRoute: FastifyPluginAsync<OidcStartDeps> = async (scope, deps) => {
  const { origins, auth, cookies, now } = deps;
  const app = scope.withTypeProvider<ValibotTypes>();

  app.get(
    '/login',
    { schema: { querystring: loginQuery, response: { 303: noBody } } },
    async (request, reply) => {
      const returnTo = safeReturnTo(request.query.returnTo, origins);
      const { login, url } = await auth.begin();
      const started = cookies.add(request.headers.cookie, { ...login, returnTo, begunAt: now() });
      return reply.header('set-cookie', started).redirect(url, 303);
    },
  );
};

/**
 * `GET /login/callback`: the browser comes back from the provider. Who may call is who began: the browser with the sealed
 * state, once. For the scope `people`.
 */
export const oidcCallbackRoute: FastifyPluginAsync<OidcCallbackDeps> = async (scope, deps) => {
  const { origins, auth, cookies, cookieSession, cookie, providerLogin, failures } = deps;
  const app = scope.withTypeProvider<ValibotTypes>();

  app.get(
    '/login/callback',
    {
      config: { returnToOf: (request) => loginOf(request)?.returnTo },
      // What a provider may add is judged by the client of OpenID Connect, which wants the query as it was sent.
      schema: { querystring: ignored, response: { 303: noBody } },
    },
    async (request, reply) => {
      const retryAfterMs = failures.waitMs(request.ip);
      if (retryAfterMs > 0)
        throw new HttpProblem('rate_limited', 'Too many failed sign-ins.', { retryAfterMs });

      try {
        const login = loginOf(request);
        if (!login)
          throw new LoginRefusedError(
            'bad_request',
            'This sign-in was not begun in this browser, is over, or took too long.',
          );
        await providerLogin.use(login.state);
        reply.header('set-cookie', cookies.removal(login.state));
        const user = await auth.authenticate({ login, query: queryOf(request) });
        const present = await cookieSession.find(request);
        const opened = await providerLogin.complete({ user, begunAt: login.begunAt, present });
        if (opened) reply.header('set-cookie', cookie.issue(opened));
        return reply.redirect(safeReturnTo(login.returnTo, origins), 303);
      } catch (error) {
        if (error instanceof LoginRefusedError) failures.take(request.ip);
        throw error;
      }
    },
  );

  /** The login under way that the browser comes back from, if it began it. */
  function loginOf(request: FastifyRequest): LoginUnderWay | undefined {
    return cookies.find(request.headers.cookie, queryOf(request).get('state') ?? '');
  }
};

/** As it was sent: each parameter as often as it was. */
function queryOf(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams(request.url.split('?').slice(1).join('?'));
}
