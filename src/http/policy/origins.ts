import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServedTenant, Tenants } from '../../access/tenants.ts';

/** The web origins that the service knows, compared exactly. */
export interface Origins {
  /** That of `PUBLIC_URL`. */
  readonly own: string;
  /** `PUBLIC_URL`'s, or one whose pages may call for a tenant's users. */
  has(origin: string): boolean;
  /** One whose pages may call, and not our own. */
  isForeign(origin: string | undefined): origin is string;
  readonly foreign: readonly string[];
}

/** `tenants`: those that are served now; asked again whenever they have changed. */
export function createOrigins(publicUrl: URL, tenants: Pick<Tenants, 'all'>): Origins {
  const own = publicUrl.origin;
  let known = { of: tenants.all(), foreign: foreignOf(tenants.all(), own) };

  function foreign(): ReadonlySet<string> {
    const now = tenants.all();
    if (now !== known.of) known = { of: now, foreign: foreignOf(now, own) };
    return known.foreign;
  }

  return {
    own,
    has: (origin) => origin === own || foreign().has(origin),
    isForeign: (origin): origin is string => origin !== undefined && foreign().has(origin),
    get foreign() {
      return [...foreign()];
    },
  };
}

function foreignOf(tenants: readonly ServedTenant[], own: string): ReadonlySet<string> {
  return new Set(tenants.flatMap(({ tenant }) => tenant.origins).filter((origin) => origin !== own));
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
