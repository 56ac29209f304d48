import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { ProviderLogin } from '../../access/provider-login.ts';
import type { RateLimiter } from '../../lib/rate-limiter.ts';
import { createTurns } from '../../lib/turns.ts';
import type { OidcAuth } from '../../portal/oidc.ts';
import { LoginRefusedError } from '../../portal/portal-auth.ts';
import type { SessionCookie } from '../../session/session-cookie.ts';
import type { FoundLogin, LoginsUnderWay, LoginUnderWay } from '../logins-under-way.ts';
import { callerKey } from '../policy/client-address.ts';
import type { CookieSession } from '../policy/current-session.ts';
import type { Origins } from '../policy/origins.ts';
import { keepable, loginQuery, safeReturnTo } from '../policy/return-to.ts';
import { HttpProblem } from '../problem.ts';
import { ignored, noBody } from '../route-schemas.ts';
import type { ValibotTypes } from '../validation.ts';

export interface OidcStartDeps {
  readonly origins: Origins;
  readonly auth: OidcAuth;
  readonly logins: LoginsUnderWay;
  readonly now: () => number;
}

export interface OidcCallbackDeps {
  readonly origins: Origins;
  readonly auth: OidcAuth;
  readonly logins: LoginsUnderWay;
  readonly cookieSession: CookieSession;
  readonly cookie: SessionCookie;
  readonly providerLogin: ProviderLogin;
  /** Of failed logins that cost a call, by client address. */
  readonly failures: RateLimiter;
}

/** Ways back of one client address for which the provider is asked at once: the others leave it to those elsewhere. */
const AT_ONCE = 4;

const SELECT_ACCOUNT = 'select_account';

/** Where one signs in, asked there for the account to take (OpenID Connect Core 1.0 §3.1.2.1). */
export function otherAccountUrl(loginUrl: string): string {
  return `${loginUrl}${loginUrl.includes('?') ? '&' : '?'}prompt=${SELECT_ACCOUNT}`;
}

/** `GET /login` of the OIDC mode: sends the browser to the provider. Reads no session. For the scope `people`. */
export const oidcStartRoute: FastifyPluginAsync<OidcStartDeps> = async (scope, deps) => {
  const { origins, auth, logins, now } = deps;
  const app = scope.withTypeProvider<ValibotTypes>();

  app.get(
    '/login',
    { schema: { querystring: loginQuery, response: { 303: noBody } } },
    async (request, reply) => {
      const { cookie } = request.headers;
      const asked = keepable(request.query.returnTo);
      const returnTo = safeReturnTo(asked, origins) === '/' ? '/' : (asked as string);
      let cookies: string[] = [];
      const selectAccount = request.query.prompt === SELECT_ACCOUNT;
      const url = await auth.begin(
        (secrets) => {
          const begun = logins.begin(cookie, { ...secrets, returnTo, begunAt: now() });
          cookies = begun.cookies;
          return begun.state;
        },
        { selectAccount },
      );
      return reply.header('set-cookie', cookies).redirect(url, 303);
    },
  );
};

/**
 * `GET /login/callback`: the browser comes back from the provider. Who may call is who began: the browser with the sealed
 * state. Such a browser is refused for nobody else's sake; of one address, a few ask the provider at once. For the scope
 * `people`.
 */
export const oidcCallbackRoute: FastifyPluginAsync<OidcCallbackDeps> = async (scope, deps) => {
  const { origins, auth, logins, cookieSession, cookie, providerLogin, failures } = deps;
  const app = scope.withTypeProvider<ValibotTypes>();
  const turns = createTurns(AT_ONCE);

  app.get(
    '/login/callback',
    {
      config: { returnToOf: (request) => loginOf(request)?.login.returnTo },
      // What a provider may add is judged by the client of OpenID Connect, which wants the query as it was sent.
      schema: { querystring: ignored, response: { 303: noBody } },
    },
    async (request, reply) => {
      const found = loginOf(request);
      if (!found?.isHere) return comeBackLate(request, reply, found?.login);
      reply.header('set-cookie', found.removal);
      await turns.take(callerKey(request), () => signIn(request, reply, found.login));
      return reply.redirect(safeReturnTo(found.login.returnTo, origins), 303);
    },
  );

  async function signIn(request: FastifyRequest, reply: FastifyReply, begun: LoginUnderWay): Promise<void> {
    const query = queryOf(request);
    const state = query.get('state') as string;
    // Who has gone while others were first need not be asked for.
    if (reply.raw.destroyed) return;
    providerLogin.begin(state);
    const user = await auth.authenticate({ login: { ...begun, state }, query }).catch((error) => {
      if (error instanceof LoginRefusedError && query.has('code')) failures.take(callerKey(request));
      throw error;
    });
    const present = await cookieSession.find(request);
    const opened = await providerLogin.complete({ user, state, begunAt: begun.begunAt, present });
    if (opened) reply.header('set-cookie', cookie.issue(opened));
  }

  /** Another tab of this browser may have signed in meanwhile, and the browser has forgotten this sign-in. */
  async function comeBackLate(
    request: FastifyRequest,
    reply: FastifyReply,
    begun: LoginUnderWay | undefined,
  ): Promise<FastifyReply> {
    const present = begun && (await cookieSession.find(request));
    if (begun && present && providerLogin.isOpenedSince(present, begun.begunAt))
      return reply.redirect(safeReturnTo(begun.returnTo, origins), 303);
    const retryAfterMs = failures.waitMs(callerKey(request));
    if (retryAfterMs > 0)
      throw new HttpProblem('rate_limited', 'Too many failed sign-ins.', { retryAfterMs });
    throw new LoginRefusedError(
      'bad_request',
      'This sign-in was not begun in this browser, is over, or took too long.',
    );
  }

  /** The login under way that the browser comes back from. */
  function loginOf(request: FastifyRequest): FoundLogin | undefined {
    return logins.find(request.headers.cookie, queryOf(request).get('state') ?? '');
  }
};

/** As it was sent: each parameter as often as it was. */
function queryOf(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams(request.url.split('?').slice(1).join('?'));
}
