import type { FastifyPluginAsync } from 'fastify';
import * as v from 'valibot';
import { ignored } from '../route-schemas.ts';
import type { ValibotTypes } from '../validation.ts';

/** Whether the replica can do its work. */
export interface Health {
  /** No new requests are welcome. */
  isStopping(): boolean;
  /** What the session store does. Full, it still serves those who are signed in. Never rejects. */
  store(): Promise<'ok' | 'full' | 'away'>;
  /** Whether every tenant answered when it was last asked. */
  tenantsHealthy(): boolean;
  /** Whether the identity provider answered when it was last asked; absent where there is none. */
  readonly idpHealthy?: (() => boolean) | undefined;
}

const word = v.picklist(['ok', 'failing']);

const healthSchema = v.strictObject({
  status: v.picklist(['ok', 'failing', 'stopping']),
  checks: v.strictObject({ store: v.optional(word), tenant: v.optional(word), idp: v.optional(word) }),
});

/**
 * `GET /livez` and `GET /readyz`. A tenant or an identity provider in trouble, or a session store that is full, is shown and
 * keeps the replica in service: those who hold a token, or are signed in, go on. For the scope `public`.
 */
export const healthRoutes: FastifyPluginAsync<Health> = async (scope, health) => {
  const app = scope.withTypeProvider<ValibotTypes>();
  const options = {
    config: { quiet: true as const, alwaysAdmitted: true as const },
    schema: { querystring: ignored, response: { 200: healthSchema, 503: healthSchema } },
  };

  app.get('/livez', options, async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ status: 'ok', checks: {} }),
  );

  app.get('/readyz', options, async (_request, reply) => {
    const store = await health.store();
    const status = health.isStopping() ? 'stopping' : wordFor(store !== 'away');
    return reply
      .code(status === 'ok' ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({
        status,
        checks: {
          store: wordFor(store === 'ok'),
          tenant: wordFor(health.tenantsHealthy()),
          ...(health.idpHealthy && { idp: wordFor(health.idpHealthy()) }),
        },
      });
  });
};

function wordFor(healthy: boolean): v.InferOutput<typeof word> {
  return healthy ? 'ok' : 'failing';
}
