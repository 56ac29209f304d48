import type { FastifyPluginAsync } from 'fastify';
import * as v from 'valibot';
import type { BackchannelLogout } from '../../access/backchannel-logout.ts';
import type { Emit } from '../../events.ts';
import { ignored, noBody } from '../route-schemas.ts';
import type { ValibotTypes } from '../validation.ts';

export interface BackchannelLogoutRouteDeps {
  readonly backchannelLogout: BackchannelLogout;
  readonly emit: Emit;
}

/** Other parameters may be there, and are ignored (§2.5). */
const logoutBody = v.object({ logout_token: v.string() });

const notDone = v.strictObject({ error: v.literal('invalid_request'), error_description: v.string() });

/**
 * `POST /logout/backchannel`: the identity provider has logged somebody out (OpenID Connect Back-Channel Logout 1.0).
 * Reads no cookie: the token says everything. Answers as §2.8 has it, 200, or 400 for whatever went wrong. For the scope
 * `public`.
 */
export const backchannelLogoutRoute: FastifyPluginAsync<BackchannelLogoutRouteDeps> = async (scope, deps) => {
  const { backchannelLogout, emit } = deps;
  const app = scope.withTypeProvider<ValibotTypes>();

  app.post(
    '/logout/backchannel',
    { schema: { querystring: ignored, body: logoutBody, response: { 200: noBody, 400: notDone } } },
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
};
