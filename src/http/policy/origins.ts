import type { FastifyReply, FastifyRequest } from 'fastify';

/** The web origins that the service knows, compared exactly. */
export interface Origins {
  /** That of `PUBLIC_URL`. */
  readonly own: string;
  /** `PUBLIC_URL`'s or one of `ALLOWED_ORIGINS`. */
  has(origin: string): boolean;
  /** One of `ALLOWED_ORIGINS`. */
  isForeign(origin: string | undefined): origin is string;
  readonly foreign: readonly string[];
}

export function createOrigins(publicUrl: URL, allowed: readonly string[]): Origins {
  const own = publicUrl.origin;
  const foreign = new Set(allowed.filter((origin) => origin !== own));
  return {
    own,
    has: (origin) => origin === own || foreign.has(origin),
    isForeign: (origin): origin is string => origin !== undefined && foreign.has(origin),
    foreign: [...foreign],
  };
}

/** Lets a listed origin's page read the answer, errors included (Fetch standard, CORS protocol). */
export function shareWithOrigin(request: FastifyRequest, reply: FastifyReply, origins: Origins): void {
  const { origin } = request.headers;
  if (!origins.isForeign(origin)) return;
  reply.header('access-control-allow-origin', origin);
  reply.header('access-control-allow-credentials', 'true');
  reply.header('access-control-expose-headers', 'Retry-After');
}

/** Answers a preflight: 204, and the permission only for a listed origin. */
export function answerPreflight(
  request: FastifyRequest,
  reply: FastifyReply,
  origins: Origins,
): FastifyReply {
  if (origins.isForeign(request.headers.origin)) {
    reply.header('access-control-allow-methods', 'GET, POST');
    reply.header('access-control-allow-headers', 'authorization, content-type, x-csrf');
    reply.header('access-control-max-age', '600');
  }
  return reply.code(204).send();
}
