import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FastifyPluginAsync } from 'fastify';
import { ignored, noBody, script as scriptSchema } from '../route-schemas.ts';
import type { ValibotTypes } from '../validation.ts';

/**
 * `GET /qlik-token.js`: the browser helper. The same for everybody, so that any page and any cache may have it. For the
 * scope `public`.
 */
export const qlikTokenScriptRoute: FastifyPluginAsync = async (scope) => {
  // The same path from `src` and from `dist`; `npm run build` writes it.
  const script = readFileSync(new URL('../../../dist/browser/qlik-token.js', import.meta.url), 'utf8');
  const etag = `"${createHash('sha256').update(script).digest('base64url')}"`;
  const app = scope.withTypeProvider<ValibotTypes>();

  app.get(
    '/qlik-token.js',
    { schema: { querystring: ignored, response: { 200: scriptSchema, 304: noBody } } },
    async (request, reply) => {
      reply
        .header('cache-control', 'public, max-age=3600')
        .header('etag', etag)
        .header('cross-origin-resource-policy', 'cross-origin');
      // A listed origin has its own permission already, which goes with credentials, as `*` does not.
      if (!reply.hasHeader('access-control-allow-origin')) reply.header('access-control-allow-origin', '*');
      if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).send();
      return reply.type('text/javascript; charset=utf-8').send(script);
    },
  );
};
