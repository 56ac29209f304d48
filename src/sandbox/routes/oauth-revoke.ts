import type { FastifyInstance } from 'fastify';
import type { Tenant } from '../tenant.ts';

const BODY = {
  type: 'object',
  required: ['token'],
  properties: { token: { type: 'string', minLength: 1 }, token_type_hint: { type: 'string' } },
};

/**
 * `POST /oauth/revoke { token, token_type_hint? }`, JSON or form: 200 and an empty body, also for a token that is
 * unknown or revoked already (RFC 7009, section 2.2). Qlik documents no client authentication here.
 */
export function registerRevoke(app: FastifyInstance, tenant: Tenant): void {
  app.post<{ Body: { token: string } }>(
    '/oauth/revoke',
    { schema: { body: BODY } },
    async (request, reply) => {
      await tenant.tokens.revoke(request.body.token);
      return reply.code(200).send();
    },
  );
}
