import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import * as v from 'valibot';
import type { Logout } from '../../access/logout.ts';
import type { PortalUser } from '../../portal/portal-user.ts';
import type { SessionCookie } from '../../session/session-cookie.ts';
import type { CookieSession } from '../policy/current-session.ts';
import { ignored, noBody } from '../route-schemas.ts';
import type { ValibotTypes } from '../validation.ts';
import { isForm } from './form.ts';

export interface LogoutDeps {
  readonly cookie: SessionCookie;
  readonly cookieSession: CookieSession;
  readonly logout: Logout;
  /** Where a form ends. */
  readonly postLogoutUrl: string;
  /** Where the identity provider signs the user out too, if there is one that can. */
  readonly endSessionUrl: (user: PortalUser) => string | undefined;
  /** Whether the request may end the user's other sessions, too; its own it may end in any case. Absent: it may. */
  readonly speaksFor: ((request: FastifyRequest, user: PortalUser) => Promise<boolean>) | undefined;
}

const everywhereToo = v.fallback(v.optional(v.union([v.boolean(), v.literal('true')])), undefined);
/** Whatever cannot be understood asks for nothing more than to be signed out. */
const logoutBody = v.fallback(v.object({ everywhere: everywhereToo }), {});

const loggedOut = v.strictObject({ endSessionUrl: v.optional(v.string()) });

/**
 * `POST /logout`, with whatever body: somebody who wants to be signed out is. That nobody is signed in is no error. For
 * the scope `session`.
 */
export const logoutRoute: FastifyPluginAsync<LogoutDeps> = async (scope, deps) => {
  const { cookie, cookieSession, logout, postLogoutUrl, speaksFor = async () => true } = deps;
  const app = scope.withTypeProvider<ValibotTypes>();

  app.post(
    '/logout',
    {
      schema: { querystring: ignored, body: logoutBody, response: { 200: loggedOut, 303: noBody } },
      errorHandler(error, request, reply) {
        if (!isUnreadBody(error)) return scope.errorHandler(error, request, reply);
        return logOut(request, reply, false);
      },
    },
    async (request, reply) => {
      const { everywhere } = request.body;
      return logOut(request, reply, everywhere === true || everywhere === 'true');
    },
  );

  async function logOut(request: FastifyRequest, reply: FastifyReply, everywhere: boolean) {
    const session = await cookieSession.find(request);
    if (session) {
      await (everywhere && (await speaksFor(request, session.user))
        ? logout.everywhere(session.user, 'logout_everywhere')
        : logout.here(session, 'logout'));
    }
    reply.header('set-cookie', cookie.removal);
    const endSessionUrl = session && deps.endSessionUrl(session.user);
    return isForm(request)
      ? reply.redirect(endSessionUrl ?? postLogoutUrl, 303)
      : reply.code(200).send({ ...(endSessionUrl && { endSessionUrl }) });
  }
};

/** Whether Fastify could not read the body: too long, of an unknown type, not what its type says. */
function isUnreadBody(error: unknown): boolean {
  return String((error as { code?: unknown }).code).startsWith('FST_ERR_CTP_');
}
