import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logout } from '../../access/logout.ts';
import { openSession } from '../../access/open-session.ts';
import type { OpenedMeanwhile } from '../../access/opened-meanwhile.ts';
import type { RateLimiter } from '../../lib/rate-limiter.ts';
import type { OidcAuth } from '../../portal/oidc.ts';
import { LoginRefusedError } from '../../portal/portal-auth.ts';
import type { PortalUser } from '../../portal/portal-user.ts';
import type { ProviderSessions } from '../../session/provider-sessions.ts';
import type { ReplayDetection } from '../../session/replay-detection.ts';
import { LOGIN_LIFETIME_MS, type LoginCookies, type LoginUnderWay } from '../login-cookies.ts';
import { explainToPeople } from '../pages/login-trouble.ts';
import type { Origins } from '../policy/origins.ts';
import { safeReturnTo } from '../policy/return-to.ts';
import { sessionHeaders } from '../policy/security-headers.ts';
import { HttpProblem } from '../problem.ts';
import { providerLoggedOut } from './backchannel-logout.ts';
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
  readonly logout: Logout;
  readonly openedMeanwhile: OpenedMeanwhile;
  readonly providerSessions: ProviderSessions;
  readonly replays: ReplayDetection;
  /** Of failed sign-ins, by client address. */
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
 * `GET /login/callback`: the browser comes back from the provider. Needs the scope of the session plugin. Who may call
 * is who began: the browser with the sealed state, once.
 */
export function registerOidcCallback(app: FastifyInstance, deps: OidcCallbackDeps): void {
  const { origins, auth, cookies, base, logout, openedMeanwhile, providerSessions, replays, failures } = deps;
  const onSend = explainToPeople({
    base,
    returnToOf: (request) =>
      cookies.find(request.headers.cookie, queryOf(request).get('state') ?? '')?.returnTo,
  });

  async function begunHere(request: FastifyRequest, state: string): Promise<LoginUnderWay> {
    const login = cookies.find(request.headers.cookie, state);
    if (login && (await replays.claim(`login ${state}`, LOGIN_LIFETIME_MS))) return login;
    throw new LoginRefusedError(
      'bad_request',
      'This sign-in was not begun in this browser, is over, or took too long.',
    );
  }

  /** What another tab has just opened stays: to end it would answer that tab's requests in flight with 401. */
  async function keepOrOpen(request: FastifyRequest, user: PortalUser, begunAt: number): Promise<void> {
    const { user: present, sessionId } = request.session;
    if (present && (await openedMeanwhile(sessionId, user, begunAt))) return;
    await openSession(request, user, logout, (id) => providerSessions.note(id, user));
  }

  /** Sees that the provider has not ended its session while ours was opened. */
  async function refuseEnded(sessionId: string, user: PortalUser): Promise<void> {
    const sid = user.providerSession?.sid;
    if (sid === undefined || !(await replays.isClaimed(providerLoggedOut(sid)))) return;
    await logout.here({ id: sessionId, user });
    throw new LoginRefusedError('bad_request', 'The identity provider has ended this sign-in.');
  }

  app.get('/login/callback', { config: { ownProof: 'any-origin' }, onSend }, async (request, reply) => {
    reply.headers(sessionHeaders);
    const retryAfterMs = failures.waitMs(request.ip);
    if (retryAfterMs > 0)
      throw new HttpProblem('rate_limited', 'Too many failed sign-ins.', { retryAfterMs });

    const query = queryOf(request);
    try {
      const login = await begunHere(request, query.get('state') ?? '');
      reply.header('set-cookie', cookies.removal(login.state));
      const user = await auth.authenticate({ login, query });
      await keepOrOpen(request, user, login.begunAt);
      await refuseEnded(request.session.sessionId, user);
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
