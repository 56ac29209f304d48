import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { OpenSession } from '../open-session.ts';
import { explainToPeople } from '../pages/login-trouble.ts';
import { mayCall } from '../policy/callers.ts';
import type { NamedUser } from '../policy/following-session.ts';
import type { Origins } from '../policy/origins.ts';
import { safeReturnTo } from '../policy/return-to.ts';
import { sessionHeaders } from '../policy/security-headers.ts';
import { HttpProblem } from '../problem.ts';
import { loginQuery } from './login-query.ts';

export interface GatewayLoginDeps {
  readonly origins: Origins;
  readonly namedUser: NamedUser;
  readonly openSession: OpenSession;
  /** Path under which the routes live, without a trailing slash. */
  readonly base: string;
}

/**
 * `GET /login` of the proxy mode: opens a session for whomever the gateway names. Another site can send a browser here, which signs in nobody but who is signed in at the gateway; but it cannot have
 * sessions opened by images and the like.
 */
export function registerGatewayLogin(app: FastifyInstance, deps: GatewayLoginDeps): void {
  const { origins, namedUser, openSession, base } = deps;
  const policy = { isAllowedOrigin: origins.has };
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
    { config: { ownProof: 'any-origin' }, schema: { querystring: loginQuery }, onSend },
    async (request, reply) => {
      reply.headers(sessionHeaders);
      if (isUnseen(request.headers) && !mayCall(request.headers, policy, true))
        throw new HttpProblem('cross_site_refused', 'Go there, rather than load it from another site.');
      const returnTo = safeReturnTo(request.query.returnTo, origins);
      await openSession(request, reply, await namedUser(request));
      return reply.redirect(returnTo, 303);
    },
  );
}

/** Whether a page loads this without going there, as far as the browser tells (W3C Fetch Metadata). */
function isUnseen(headers: IncomingHttpHeaders): boolean {
  return headers['sec-fetch-site'] !== undefined && headers['sec-fetch-mode'] !== 'navigate';
}
