import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import * as v from 'valibot';
import { problemOrPage } from './route-schemas.ts';

/**
 * Judges each answer by its route's schema, for tests: one that does not fit becomes an internal error that names the
 * place. Goes before all routes.
 */
export const checkAnswers = fp(async (app) => {
  app.addHook('onSend', async (request, reply, payload) => {
    const schema = schemaOf(request, reply);
    const place = `${request.method} ${request.routeOptions.url}: ${reply.statusCode}`;
    if (!schema) throw new Error(`${place} has no schema`);
    const result = v.safeParse(schema, read(reply, payload));
    if (!result.success) throw new Error(`${place} does not fit: ${result.issues[0].message}`);
    return payload;
  });
});

type Described = v.GenericSchema | { content: Record<string, { schema: v.GenericSchema } | undefined> };

function schemaOf(request: FastifyRequest, reply: FastifyReply): v.GenericSchema | undefined {
  const { schema } = request.routeOptions;
  const response = (schema?.response ?? { default: problemOrPage }) as Record<string, Described | undefined>;
  const described = response[reply.statusCode] ?? (reply.statusCode >= 400 ? response.default : undefined);
  return described && 'content' in described ? described.content[mediaType(reply)]?.schema : described;
}

function read(reply: FastifyReply, payload: unknown): unknown {
  if (payload === '' || payload === null) return undefined;
  return mediaType(reply).endsWith('json') ? JSON.parse(String(payload)) : payload;
}

function mediaType(reply: FastifyReply): string {
  return String(reply.getHeader('content-type')).split(';', 1)[0] as string;
}
