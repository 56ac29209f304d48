import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { httpError } from '../errors.ts';

// The same path from `src` and from `dist`; `npm run build` writes it.
const RUNTIME = new URL('../../../dist/sandbox/embed/main.js', import.meta.url);

/** `GET /qlik-embed/main.js`: the runtime that `<qlik-embed>` and `@qlik/api` load into the page. */
export function registerEmbedRuntime(app: FastifyInstance): void {
  app.get('/qlik-embed/main.js', async (_request, reply) => {
    const script = await readFile(RUNTIME).catch(() => {
      throw httpError(404, 'the runtime is not built: npm run build');
    });
    return reply
      .header('cache-control', 'no-cache')
      .header('cross-origin-resource-policy', 'cross-origin')
      .type('text/javascript; charset=utf-8')
      .send(script);
  });
}
