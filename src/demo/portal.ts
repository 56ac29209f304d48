import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { sendPage } from '../http/pages/html-page.ts';
import { portalPage } from './portal-page.ts';

export interface DemoPortalDeps {
  /** Path under which the routes live, without a trailing slash. */
  readonly base: string;
  readonly tenantUrl: string;
}

/** `GET /`: a portal to try the service with, against whichever tenant is configured. */
export function registerDemoPortal(app: FastifyInstance, { base, tenantUrl }: DemoPortalDeps): void {
  // The same path from `src` and from `dist`; `npm run build` writes it.
  const built = (name: string) =>
    readFileSync(new URL(`../../dist/demo/browser/${name}`, import.meta.url), 'utf8');
  const page = portalPage({ base, tenantUrl });

  app.get('/', async (_request, reply) => sendPage(reply, page));
  for (const name of ['portal.js', 'embed.js']) {
    const script = built(name);
    app.get(`/demo-${name}`, async (_request, reply) =>
      reply.header('cache-control', 'no-cache').type('text/javascript; charset=utf-8').send(script),
    );
  }
}
