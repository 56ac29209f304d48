import { readFileSync } from 'node:fs';
import type { FastifyPluginAsync } from 'fastify';
import { sendPage } from '../http/pages/html-page.ts';
import { htmlPage, ignored, script as scriptSchema } from '../http/route-schemas.ts';
import type { ValibotTypes } from '../http/validation.ts';
import { portalPage } from './portal-page.ts';

export interface DemoPortalDeps {
  /** Path under which the routes live, without a trailing slash. */
  readonly base: string;
  readonly tenantUrl: string;
}

/** `GET /`: a portal to try the service with, against whichever tenant is configured. For the scope `people`. */
export const demoPortalRoute: FastifyPluginAsync<DemoPortalDeps> = async (scope, { base, tenantUrl }) => {
  const page = portalPage({ base, tenantUrl });
  const app = scope.withTypeProvider<ValibotTypes>();
  app.get('/', { schema: { querystring: ignored, response: { 200: htmlPage } } }, async (_request, reply) =>
    sendPage(reply, page),
  );
};

/** The scripts of that page. For the scope `public`. */
export const demoScriptRoutes: FastifyPluginAsync = async (scope) => {
  const app = scope.withTypeProvider<ValibotTypes>();
  for (const name of ['portal.js', 'embed.js']) {
    // The same path from `src` and from `dist`; `npm run build` writes it.
    const script = readFileSync(new URL(`../../dist/demo/browser/${name}`, import.meta.url), 'utf8');
    app.get(
      `/demo-${name}`,
      { schema: { querystring: ignored, response: { 200: scriptSchema } } },
      async (_request, reply) =>
        reply.header('cache-control', 'no-cache').type('text/javascript; charset=utf-8').send(script),
    );
  }
};
