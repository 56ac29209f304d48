import type { FastifyInstance } from 'fastify';
import type { OpenSession } from '../http/open-session.ts';
import { sendPage } from '../http/pages/html-page.ts';
import type { Origins } from '../http/policy/origins.ts';
import { safeReturnTo } from '../http/policy/return-to.ts';
import { sessionHeaders } from '../http/policy/security-headers.ts';
import { HttpProblem } from '../http/problem.ts';
import { isForm } from '../http/routes/form.ts';
import { loginQuery } from '../http/routes/login-query.ts';
import { shaped } from '../http/shaped.ts';
import type { RateLimiter } from '../lib/rate-limiter.ts';
import { LoginRefusedError } from '../portal/portal-auth.ts';
import { optional, record, text } from '../shape.ts';
import type { DemoAuth } from './demo-auth.ts';
import { loginPage } from './login-page.ts';

export interface DemoLoginDeps {
  readonly origins: Origins;
  readonly auth: DemoAuth;
  readonly openSession: OpenSession;
  /** Of failed sign-ins, by client address. */
  readonly failures: RateLimiter;
}

export interface LoginPageDeps {
  readonly origins: Origins;
  readonly auth: DemoAuth;
  /** Path under which the routes live, without a trailing slash. */
  readonly base: string;
}

const loginBody = shaped(record({ user: text(), returnTo: optional(text()) }));

/** `GET /login` of the demo mode: the page to pick a user from. Reads no session. */
export function registerLoginPage(app: FastifyInstance, { origins, auth, base }: LoginPageDeps): void {
  app.get<{ Querystring: { returnTo?: string } }>(
    '/login',
    { schema: { querystring: loginQuery } },
    async (request, reply) => {
      const returnTo = safeReturnTo(request.query.returnTo, origins);
      const page = loginPage({
        users: auth.users,
        returnTo,
        action: `${base}/login`,
        formTargets: origins.foreign,
      });
      return sendPage(reply, page);
    },
  );
}

/** `POST /login` of the demo mode. Needs a scope that admits only callers that may call. */
export function registerDemoLogin(
  app: FastifyInstance,
  { origins, auth, openSession, failures }: DemoLoginDeps,
): void {
  app.post<{ Body: { user: string; returnTo?: string } }>(
    '/login',
    { schema: { body: loginBody } },
    async (request, reply) => {
      reply.headers(sessionHeaders);
      const retryAfterMs = failures.waitMs(request.ip);
      if (retryAfterMs > 0)
        throw new HttpProblem('rate_limited', 'Too many failed sign-ins.', { retryAfterMs });
      const returnTo = safeReturnTo(request.body.returnTo, origins);

      const user = await auth.authenticate(request.body).catch((error) => {
        if (error instanceof LoginRefusedError) failures.take(request.ip);
        throw error;
      });

      await openSession(request, reply, user);
      return isForm(request) ? reply.redirect(returnTo, 303) : reply.code(204).send();
    },
  );
}
