import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { exchangeOf } from './exchange.ts';
import type { Client } from './model.ts';
import type { Tenant } from './tenant.ts';

const OPEN_PATHS = ['/api/v1/', '/oauth/token', '/oauth/revoke', '/resources/', '/sandbox/'];
const REQUEST_HEADERS =
  'accept, authorization, content-type, qlik-api-version, qlik-csrf-token, x-requested-with, x-sandbox';

/**
 * Lets pages read answers when their origin is one of the client's allowed origins: the client that the token was
 * issued to, or any client where no valid token says which (preflights, refused tokens, product information).
 * Other origins get no CORS header at all.
 */
export function registerCors(app: FastifyInstance, tenant: Tenant): void {
  app.addHook('onSend', async (request, reply) => {
    if (isOpen(request)) allowOrigin(request, reply, tenant);
  });

  app.options('*', async (request, reply) => {
    if (!isOpen(request) || !allowOrigin(request, reply, tenant)) return reply.code(204).send();
    return reply
      .code(204)
      .header('access-control-allow-methods', 'GET, POST, PUT, PATCH, DELETE')
      .header('access-control-allow-headers', REQUEST_HEADERS)
      .send();
  });
}

function isOpen(request: FastifyRequest): boolean {
  return OPEN_PATHS.some((path) => request.url.startsWith(path));
}

function allowOrigin(request: FastifyRequest, reply: FastifyReply, tenant: Tenant): boolean {
  reply.header('vary', 'Origin');
  const { origin } = request.headers;
  const client = exchangeOf(request).client;
  const clients: Iterable<Client> = client ? [client] : tenant.state.clients.values();
  if (origin === undefined || ![...clients].some((known) => known.allowedOrigins.includes(origin)))
    return false;
  reply.header('access-control-allow-origin', origin);
  reply.header('access-control-allow-credentials', 'true');
  return true;
}
