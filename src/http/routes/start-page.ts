import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { SessionTokens } from '../../access/session-tokens.ts';
import type { Tenants } from '../../access/tenants.ts';
import type { Clock } from '../../lib/clock.ts';
import type { RateLimiter } from '../../lib/rate-limiter.ts';
import type { PortalUser } from '../../portal/portal-user.ts';
import { NoSessionError } from '../../session/no-session-error.ts';
import type { Session } from '../../session/sessions.ts';
import { remainingMs } from '../../token/token.ts';
import { sendPage } from '../pages/html-page.ts';
import { signedInPage, type TokenState } from '../pages/signed-in-page.ts';
import type { CurrentSession } from '../policy/current-session.ts';
import type { NamedUser } from '../policy/following-session.ts';
import { HttpProblem, problemAnswer } from '../problem.ts';
import { htmlPage, ignored } from '../route-schemas.ts';
import type { ValibotTypes } from '../validation.ts';

export interface StartPageDeps {
  readonly currentSession: CurrentSession;
  readonly namedUser: NamedUser | undefined;
  readonly tenants: Tenants;
  readonly tokens: Pick<SessionTokens, 'unserved' | 'qlikUser'>;
  /** That of `/qlik-token`. */
  readonly rateLimiter: RateLimiter;
  readonly clock: Clock;
  /** A request waits no longer for a token. */
  readonly requestMs: number;
  readonly sessionLifetimeMs: number;
  /** Path under which the routes live, without a trailing slash. */
  readonly base: string;
  readonly logout: {
    readonly endSessionUrl: (user: PortalUser) => string | undefined;
    readonly postLogoutUrl: string;
  };
  /** The portal alone signs users in. */
  readonly noLoginHere: boolean;
}

/** A session that is not older comes from a sign-in that has just ended here. */
const JUST_NOW_MS = 60_000;

/**
 * `GET /`: who is signed in, which Qlik user that is, and whether a token can be had; for whoever opens `/login` by hand.
 * Hands out nothing that a script could use, and extends nothing. Behind a portal that has this path, it is not seen. For
 * the scope `people`.
 */
export const startPageRoute: FastifyPluginAsync<StartPageDeps> = async (scope, deps) => {
  const { currentSession, namedUser, tenants, tokens, rateLimiter, clock, base, noLoginHere } = deps;
  const { unserved } = tokens;
  const app = scope.withTypeProvider<ValibotTypes>();
  const here = `${base}/`;
  const loginUrl = noLoginHere ? undefined : `${base}/login?${new URLSearchParams({ returnTo: here })}`;

  app.get(
    '/',
    {
      config: { returnToOf: () => here, noLoginHere },
      schema: { querystring: ignored, response: { 200: htmlPage } },
    },
    async (request, reply) => {
      const session = await currentSession.peek(request, reply).catch((error) => nobody(error, request));
      const token = await tokenState(session, request, reply);
      const { user, idleRemainingMs, remainingMs } = session;
      const page = signedInPage({
        user,
        tenantUrl: tenants.find(user)?.tenant.url,
        qlikUser: tokens.qlikUser(session),
        token,
        idleRemainingMs,
        remainingMs,
        loginUrl,
        logoutUrl: `${base}/logout`,
        formTargets: signOutTargets(user),
      });
      return sendPage(reply, page);
    },
  );

  /** Says more than that there is no session, for whoever sets the service up. */
  async function nobody(error: unknown, request: FastifyRequest): Promise<never> {
    if (!(error instanceof NoSessionError) || error.code !== 'session_required') throw error;
    if (noLoginHere)
      throw new HttpProblem(
        error.code,
        `${error.message} The portal signs users in while one of its pages is loaded.`,
      );
    const named = await namedUser?.(request);
    if (!named) throw error;
    throw new HttpProblem(error.code, `The gateway names ${named.id}, who has no session here yet.`);
  }

  async function tokenState(
    session: Session,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<TokenState> {
    try {
      const cached = unserved.cached(session);
      if (!cached && !mayAsk(request.headers, session))
        return { is: 'not tried', mayTry: request.headers['sec-fetch-site'] !== undefined };
      const token = cached ?? (await obtain(session, request, reply));
      return { is: 'there', remainingMs: remainingMs(token, clock.now()) };
    } catch (error) {
      // The session has ended meanwhile.
      if (error instanceof NoSessionError) throw error;
      const problem = scope.refuse(error, request, reply);
      return { is: 'refused', problem: problemAnswer(problem, request.id).body };
    }
  }

  async function obtain(session: Session, request: FastifyRequest, reply: FastifyReply) {
    const retryAfterMs = rateLimiter.take(session.id);
    if (retryAfterMs > 0)
      throw new HttpProblem('rate_limited', 'This session asks for tokens too often.', { retryAfterMs });
    const left = new AbortController();
    reply.raw.once('close', () => left.abort());
    const deadline = { at: clock.now() + deps.requestMs - reply.elapsedTime, signal: left.signal };
    const lookAgain = () => currentSession.peek(request, reply);
    return unserved.obtain({ session, deadline, lookAgain }).catch((error) => {
      // Whoever signed in or out meanwhile has another cookie or none, and that is to stay.
      reply.removeHeader('set-cookie');
      throw error;
    });
  }

  /**
   * Whether the tenant may be asked for a token: not because another site led here, let alone loaded this as an image. A
   * sign-in ends here by a redirect of the provider's site, so it counts as somebody's own wish for a while.
   */
  function mayAsk(headers: IncomingHttpHeaders, { remainingMs }: Session): boolean {
    const { 'sec-fetch-site': site, 'sec-fetch-dest': destination } = headers;
    if (destination !== undefined && destination !== 'document') return false;
    if (destination === 'document' && (site === 'none' || site === 'same-origin')) return true;
    return deps.sessionLifetimeMs - remainingMs < JUST_NOW_MS;
  }

  /** Browsers hold the redirects of a form against its page's policy, too. */
  function signOutTargets(user: PortalUser): string[] {
    const { endSessionUrl, postLogoutUrl } = deps.logout;
    const end = endSessionUrl(user);
    return [end, postLogoutUrl]
      .filter((url) => url !== undefined && URL.canParse(url))
      .map((url) => new URL(url as string).origin);
  }
};
