import type { FastifyPluginAsync } from 'fastify';
import type { AssertionAuth } from '../../portal/assertion.ts';
import { LoginRefusedError } from '../../portal/portal-auth.ts';
import { bearerJwt } from '../bearer-token.ts';
import type { OpenSession } from '../open-session.ts';
import type { Origins } from '../policy/origins.ts';
import { loginQuery, safeReturnTo } from '../policy/return-to.ts';
import { ignored, noBody } from '../route-schemas.ts';
import type { ValibotTypes } from '../validation.ts';

export interface AssertionLoginDeps {
  readonly auth: AssertionAuth;
  readonly openSession: OpenSession;
}

export interface WayBackDeps {
  readonly origins: Origins;
}

/**
 * `GET /login` of the assertion mode: back to the page, which signs its user in while it is loaded. One whose sign-in
 * leaves no session is stopped by the helper, which comes here once a minute at most. Reads no session. For the scope
 * `people`.
 */
export const wayBackRoute: FastifyPluginAsync<WayBackDeps> = async (scope, { origins }) => {
  const app = scope.withTypeProvider<ValibotTypes>();
  app.get(
    '/login',
    { schema: { querystring: loginQuery, response: { 303: noBody } } },
    async (request, reply) => reply.redirect(safeReturnTo(request.query.returnTo, origins), 303),
  );
};

/**
 * `POST /session` of the assertion mode: signs in whom the portal's assertion names. Who may call is who brings an
 * assertion, a page or the portal's server; a page of a listed origin only. For the scope `session`.
 */
export const assertionLoginRoute: FastifyPluginAsync<AssertionLoginDeps> = async (scope, deps) => {
  const { auth, openSession } = deps;
  const app = scope.withTypeProvider<ValibotTypes>();

  app.post(
    '/session',
    {
      config: { ownProof: true },
      schema: { querystring: ignored, body: ignored, response: { 204: noBody } },
    },
    async (request, reply) => {
      const token = bearerJwt(request.raw);
      if (token === undefined)
        throw new LoginRefusedError('assertion_invalid', 'Send one JWT as Authorization: Bearer.');
      await openSession(request, reply, await auth.authenticate(token));
      return reply.code(204).send();
    },
  );
};
