import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ProviderLogin } from '../../access/provider-login.ts';
import type { RateLimiter } from '../../lib/rate-limiter.ts';
import type { OidcAuth } from '../../portal/oidc.ts';
import { LoginRefusedError } from '../../portal/portal-auth.ts';
import type { SessionCookie } from '../../session/session-cookie.ts';
import type { LoginCookies } from '../login-cookies.ts';
import { explainToPeople } from '../pages/login-trouble.ts';
import type { CookieSession } from '../policy/current-session.ts';
import type { Origins } from '../policy/origins.ts';
import { safeReturnTo } from '../policy/return-to.ts';
import { sessionHeaders } from '../policy/security-headers.ts';
import { HttpProblem } from '../problem.ts';
import { loginQuery } from './login-query.ts';

export interface OidcStartDeps {
  readonly origins: Origins;
  readonly auth: OidcAuth;
  readonly cookies: LoginCookies;
  /** Path under which the routes live, without a trailing slash. */
  readonly base: string;
  readonly now: () => number;
}

export interface OidcCallbackDeps {
  readonly origins: Origins;
  readonly auth: OidcAuth;
  readonly cookies: LoginCookies;
  readonly base: string;
  readonly cookieSession: CookieSession;
  readonly cookie: SessionCookie;
  readonly providerLogin: ProviderLogin;
  /** Of failed logins, by client address. */
  readonly failures: RateLimiter;
}

/** `GET /login` of the OIDC mode: sends the browser to the provider. Reads no session. */
export function registerOidcStart(app: FastifyInstance, deps: OidcStartDeps): void {
  const { origins, auth, cookies, base, now } = deps;
  const onSend = explainToPeople({
    base,
    returnToOf: ({ query }) => {
      const { returnTo } = query as { returnTo?: unknown };
      return typeof returnTo === 'string' && !/[\r\n]/.test(returnTo)
        ? safeReturnTo(returnTo, origins)
        : undefined;
    },
  });

  app.get<{ Querystring: { returnTo?: string } }>(
    '/login',
    { schema: { querystring: loginQuery }, onSend },
    async (request, reply) => {
      reply.headers(sessionHeaders);
      const returnTo = safeReturnTo(request.query.returnTo, origins);
      const { login, url } = await auth.begin();
      const started = cookies.add(request.headers.cookie, { ...login, returnTo, begunAt: now() });
      return reply.header('set-cookie', started).redirect(url, 303);
    },
  );
}

/**
 * `GET /login/callback`: the browser comes back from the provider. Who may call is who began: the browser with the sealed
 * state, once.
 */
export function registerOidcCallback(app: FastifyInstance, deps: OidcCallbackDeps): void {
  const { origins, auth, cookies, base, cookieSession, cookie, providerLogin, failures } = deps;
  const onSend = explainToPeople({
    base,
    returnToOf: (request) =>
      cookies.find(request.headers.cookie, queryOf(request).get('state') ?? '')?.returnTo,
  });

  app.get('/login/callback', { config: { ownProof: 'any-origin' }, onSend }, async (request, reply) => {
    reply.headers(sessionHeaders);
    const retryAfterMs = failures.waitMs(request.ip);
    if (retryAfterMs > 0)
      throw new HttpProblem('rate_limited', 'Too many failed sign-ins.', { retryAfterMs });

    const query = queryOf(request);
    try {
      const state = query.get('state') ?? '';
      const login = cookies.find(request.headers.cookie, state);
      if (!login)
        throw new LoginRefusedError(
          'bad_request',
          'This sign-in was not begun in this browser, is over, or took too long.',
        );
      await providerLogin.use(state);
      reply.header('set-cookie', cookies.removal(state));
      const user = await auth.authenticate({ login, query });
      const present = await cookieSession.find(request);
      const opened = await providerLogin.complete({ user, begunAt: login.begunAt, present });
      if (opened) reply.header('set-cookie', cookie.issue(opened));
      return reply.redirect(safeReturnTo(login.returnTo, origins), 303);
    } catch (error) {
      if (error instanceof LoginRefusedError) failures.take(request.ip);
      throw error;
    }
  });
}

/** As it was sent: each parameter as often as it was. */
function queryOf(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams(request.url.split('?').slice(1).join('?'));
}
