import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logout } from '../../access/logout.ts';
import type { PortalUser } from '../../portal/portal-user.ts';
import type { SessionCookie } from '../../session/session-cookie.ts';
import { oneOf, optional, record } from '../../shape.ts';
import type { CookieSession } from '../policy/current-session.ts';
import { sessionHeaders } from '../policy/security-headers.ts';
import { shaped } from '../shaped.ts';
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

const options = record({ everywhere: optional(oneOf(true, false, 'true')) });
const logoutBody = shaped((body) => (body === null ? undefined : options(body)));

/** `POST /logout`. Needs a scope that admits only callers that may call. Signing out when nobody is signed in is no error. */
export function registerLogout(app: FastifyInstance, deps: LogoutDeps): void {
  const {
    cookie,
    cookieSession,
    logout,
    postLogoutUrl,
    endSessionUrl: endSessionUrlOf,
    speaksFor = async () => true,
  } = deps;

  app.post<{ Body: { everywhere?: boolean | 'true' } | null }>(
    '/logout',
    { schema: { body: logoutBody } },
    async (request, reply) => {
      const session = await cookieSession.find(request);
      if (session) {
        const everywhere = request.body?.everywhere === true || request.body?.everywhere === 'true';
        await (everywhere && (await speaksFor(request, session.user))
          ? logout.everywhere(session.user, 'logout_everywhere')
          : logout.here(session, 'logout'));
      }
      reply.headers(sessionHeaders).header('set-cookie', cookie.removal);
      const endSessionUrl = session && endSessionUrlOf(session.user);
      return isForm(request)
        ? reply.redirect(endSessionUrl ?? postLogoutUrl, 303)
        : reply.send({ ...(endSessionUrl && { endSessionUrl }) });
    },
  );
}
