import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { SessionCookie } from '../../session/session-cookie.ts';
import { discardSession } from '../../session/session-plugin.ts';
import { sessionHeaders } from '../policy/security-headers.ts';
import type { SignOut } from '../sign-out.ts';
import { isForm } from './form.ts';

export interface LogoutDeps {
  readonly cookie: SessionCookie;
  readonly signOut: SignOut;
  /** Where a form ends. */
  readonly postLogoutUrl: string;
}

const LogoutBody = Type.Union([
  Type.Null(),
  Type.Object({ everywhere: Type.Optional(Type.Union([Type.Boolean(), Type.Literal('true')])) }),
]);

/** `POST /logout`. Needs a scope that admits only callers that may call, with the session plugin. Signing out when nobody is signed in is no error. */
export function registerLogout(app: FastifyInstance, deps: LogoutDeps): void {
  const { cookie, signOut, postLogoutUrl } = deps;

  app.post<{ Body: { everywhere?: boolean | 'true' } | null }>(
    '/logout',
    { schema: { body: LogoutBody } },
    async (request, reply) => {
      const { user, sessionId } = request.session;
      if (user) {
        const everywhere = request.body?.everywhere === true || request.body?.everywhere === 'true';
        await (everywhere ? signOut.everywhere(user) : signOut.here({ id: sessionId, user }));
      }
      discardSession(request);
      reply.headers(sessionHeaders).header('set-cookie', cookie.removal);
      return isForm(request) ? reply.redirect(postLogoutUrl, 303) : reply.send({});
    },
  );
}
