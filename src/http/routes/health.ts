import type { FastifyInstance, FastifyReply } from 'fastify';

/** Whether the replica can do its work. */
export interface Health {
  /** No new requests are welcome. */
  isStopping(): boolean;
  /** Whether the session store answers. */
  storeAnswers(): Promise<boolean>;
  /** Whether every tenant answered when it was last asked. */
  tenantsHealthy(): boolean;
  /** Whether the identity provider answered when it was last asked; absent where there is none. */
  readonly idpHealthy?: (() => boolean) | undefined;
}

/**
 * `GET /livez` and `GET /readyz`. A tenant or an identity provider in trouble is shown and keeps the replica in service:
 * those who hold a token, or are signed in, go on.
 */
export function registerHealth(app: FastifyInstance, health: Health): void {
  const options = { config: { quiet: true as const } };

  app.get('/livez', options, async (_request, reply) => answer(reply, 'ok', {}));

  app.get('/readyz', options, async (_request, reply) => {
    const storeAnswers = await health.storeAnswers();
    const status = health.isStopping() ? 'stopping' : word(storeAnswers);
    return answer(reply, status, {
      store: word(storeAnswers),
      tenant: word(health.tenantsHealthy()),
      ...(health.idpHealthy && { idp: word(health.idpHealthy()) }),
    });
  });
}

function word(healthy: boolean): 'ok' | 'failing' {
  return healthy ? 'ok' : 'failing';
}

function answer(reply: FastifyReply, status: string, checks: Record<string, 'ok' | 'failing'>): FastifyReply {
  return reply
    .code(status === 'ok' ? 200 : 503)
    .header('cache-control', 'no-store')
    .send({ status, checks });
}
