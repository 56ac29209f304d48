import type { FastifyInstance } from 'fastify';
import type { BackchannelLogout } from '../../access/backchannel-logout.ts';
import type { Emit } from '../../events.ts';
import { record, text } from '../../shape.ts';
import { shaped } from '../shaped.ts';

export interface BackchannelLogoutRouteDeps {
  readonly backchannelLogout: BackchannelLogout;
  readonly emit: Emit;
}

const logoutBody = shaped(record({ logout_token: text() }));

/**
 * `POST /logout/backchannel`: the identity provider has logged somebody out (OpenID Connect Back-Channel Logout 1.0).
 * Reads no cookie: the token says everything. Answers as §2.8 has it, 200, or 400 for whatever went wrong.
 */
export function registerBackchannelLogout(app: FastifyInstance, deps: BackchannelLogoutRouteDeps): void {
  const { backchannelLogout, emit } = deps;

  app.post<{ Body: { logout_token: string } }>(
    '/logout/backchannel',
    { schema: { body: logoutBody } },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      try {
        const loggedOut = await backchannelLogout(request.body.logout_token);
        emit({ type: 'logout.backchannel', requestId: request.id, ...loggedOut });
        return reply.send();
      } catch (error) {
        emit({ type: 'logout.backchannel_refused', requestId: request.id, error });
        return reply
          .code(400)
          .send({ error: 'invalid_request', error_description: 'The logout was not carried out.' });
      }
    },
  );
}
