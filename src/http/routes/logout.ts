import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logout } from '../../access/logout.ts';
import type { PortalUser } from '../../portal/portal-user.ts';
import type { SessionCookie } from '../../session/session-cookie.ts';
import { discardSession } from '../../session/session-plugin.ts';
import { oneOf, optional, record } from '../../shape.ts';
import { sessionHeaders } from '../policy/security-headers.ts';
import { shaped } from '../shaped.ts';
import { isForm } from './form.ts';

export interface LogoutDeps {
  readonly cookie: SessionCookie;
  readonly logout: Logout;
  /** Where a form ends. */
  readonly postLogoutUrl: string;
  /** Where the identity provider signs the user out too, if there is one that can. */
  readonly endSessionUrl: (user: PortalUser) => string | undefined;
  /** Whether the request may end the user's other sessions, too; its own it may end in any case. Absent: it may. */
  readonly speaksFor: ((request: FastifyRequest, user: PortalUser) => Promise<boolean>) | undefined;
}

const options = record({ everywhere: optional(oneOf(true, false, 'true')) });
const logoutBody = shaped((body) => (body === null ? undefined : options(body)));

/** `POST /logout`. Needs a scope that admits only callers that may call, with the session plugin. Signing out when nobody is signed in is no error. */
export function registerLogout(app: FastifyInstance, deps: LogoutDeps): void {
  const {
    cookie,
    logout,
    postLogoutUrl,
    endSessionUrl: endSessionUrlOf,
    speaksFor = async () => true,
  } = deps;

  app.post<{ Body: { everywhere?: boolean | 'true' } | null }>(
    '/logout',
    { schema: { body: logoutBody } },
    async (request, reply) => {
      const { user, sessionId } = request.session;
      if (user) {
        const everywhere = request.body?.everywhere === true || request.body?.everywhere === 'true';
        await (everywhere && (await speaksFor(request, user))
          ? logout.everywhere(user)
          : logout.here({ id: sessionId, user }));
      }
      discardSession(request);
      reply.headers(sessionHeaders).header('set-cookie', cookie.removal);
      const endSessionUrl = user && endSessionUrlOf(user);
      return isForm(request)
        ? reply.redirect(endSessionUrl ?? postLogoutUrl, 303)
        : reply.send({ ...(endSessionUrl && { endSessionUrl }) });
    },
  );
}
