import type { FastifyPluginAsync } from 'fastify';
import * as v from 'valibot';
import type { OpenSession } from '../http/open-session.ts';
import { sendPage } from '../http/pages/html-page.ts';
import type { Origins } from '../http/policy/origins.ts';
import { loginQuery, safeReturnTo } from '../http/policy/return-to.ts';
import { htmlPage, ignored, noBody } from '../http/route-schemas.ts';
import { isForm } from '../http/routes/form.ts';
import type { ValibotTypes } from '../http/validation.ts';
import type { DemoAuth } from './demo-auth.ts';
import { loginPage } from './pages/login-page.ts';

export interface DemoLoginDeps {
  readonly origins: Origins;
  readonly auth: DemoAuth;
  readonly openSession: OpenSession;
}

export interface LoginPageDeps {
  readonly origins: Origins;
  readonly auth: DemoAuth;
  /** Path under which the routes live, without a trailing slash. */
  readonly base: string;
}

const loginBody = v.strictObject({ user: v.string(), returnTo: v.optional(v.string()) });

/** `GET /login` of the demo mode: the page to pick a user from. Reads no session. For the scope `people`. */
export const loginPageRoute: FastifyPluginAsync<LoginPageDeps> = async (scope, { origins, auth, base }) => {
  const app = scope.withTypeProvider<ValibotTypes>();
  app.get(
    '/login',
    { schema: { querystring: loginQuery, response: { 200: htmlPage } } },
    async (request, reply) => {
      const returnTo = safeReturnTo(request.query.returnTo, origins);
      const page = loginPage({
        users: auth.users,
        returnTo,
        base,
        formTargets: origins.foreign,
      });
      return sendPage(reply, page);
    },
  );
};

/** `POST /login` of the demo mode. For the scope `session`. */
export const demoLoginRoute: FastifyPluginAsync<DemoLoginDeps> = async (scope, deps) => {
  const { origins, auth, openSession } = deps;
  const app = scope.withTypeProvider<ValibotTypes>();
  app.post(
    '/login',
    { schema: { querystring: ignored, body: loginBody, response: { 204: noBody, 303: noBody } } },
    async (request, reply) => {
      const returnTo = safeReturnTo(request.body.returnTo, origins);
      await openSession(request, reply, await auth.authenticate(request.body));
      return isForm(request) ? reply.redirect(returnTo, 303) : reply.code(204).send();
    },
  );
};
