import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyPluginAsync } from 'fastify';
import type { OpenSession } from '../open-session.ts';
import { mayCall } from '../policy/callers.ts';
import type { NamedUser } from '../policy/following-session.ts';
import type { Origins } from '../policy/origins.ts';
import { loginQuery, safeReturnTo } from '../policy/return-to.ts';
import { HttpProblem } from '../problem.ts';
import { noBody } from '../route-schemas.ts';
import type { ValibotTypes } from '../validation.ts';

export interface GatewayLoginDeps {
  readonly origins: Origins;
  readonly namedUser: NamedUser;
  readonly openSession: OpenSession;
}

/**
 * `GET /login` of the proxy mode: opens a session for whomever the gateway names. Another site can send a browser here,
 * which signs in nobody but who is signed in at the gateway, and ends no session that says the same; but it cannot have
 * sessions opened by images, frames and the like. For the scope `people`.
 */
export const gatewayLoginRoute: FastifyPluginAsync<GatewayLoginDeps> = async (scope, deps) => {
  const { origins, namedUser, openSession } = deps;
  const policy = { isAllowedOrigin: origins.has };
  const app = scope.withTypeProvider<ValibotTypes>();

  app.get(
    '/login',
    { schema: { querystring: loginQuery, response: { 303: noBody } } },
    async (request, reply) => {
      if (isUnseen(request.headers) && !mayCall(request.headers, policy, true))
        throw new HttpProblem('cross_site_refused', 'Go there, rather than load it from another site.');
      const returnTo = safeReturnTo(request.query.returnTo, origins);
      // Or another site could open one after the other, until the user's other sessions are too many.
      const keepAlike = isLedByOthers(request.headers);
      await openSession(request, reply, await namedUser(request), { keepAlike });
      return reply.redirect(returnTo, 303);
    },
  );
};

/**
 * Whether a page loads this without going there, as far as the browser tells (W3C Fetch Metadata). A page of this origin
 * that is in a frame goes there in its frame.
 */
function isUnseen(headers: IncomingHttpHeaders): boolean {
  const { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': destination } = headers;
  if (site === undefined) return false;
  if (mode !== 'navigate') return true;
  return destination !== undefined && destination !== 'document' && site !== 'same-origin';
}

/** Whether a page of another origin sent the browser here, as far as the browser tells. */
function isLedByOthers({ 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  return site === 'cross-site' || site === 'same-site';
}
