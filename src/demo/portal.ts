import { readFileSync } from 'node:fs';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import * as v from 'valibot';
import { sendPage } from '../http/pages/html-page.ts';
import type { CookieSession } from '../http/policy/current-session.ts';
import { htmlPage, ignored, noBody, script as scriptSchema } from '../http/route-schemas.ts';
import type { ValibotTypes } from '../http/validation.ts';
import { ICON_PATH, icon } from './pages/brand.ts';
import { noSessionPage } from './pages/no-session-page.ts';
import { portalPage } from './pages/portal-page.ts';

export interface DemoPortalDeps {
  /** Path under which the routes live, without a trailing slash. */
  readonly base: string;
  readonly tenantUrl: string;
  readonly cookieSession: CookieSession;
}

/**
 * `GET /`: a portal to try the service with, against whichever tenant is configured. Whoever is not signed in is led to
 * the sign-in; who comes from there all the same is told. For the scope `people`.
 */
export const demoPortalRoute: FastifyPluginAsync<DemoPortalDeps> = async (scope, deps) => {
  const { base, tenantUrl, cookieSession } = deps;
  const app = scope.withTypeProvider<ValibotTypes>();
  app.get(
    '/',
    { schema: { querystring: ignored, response: { 200: htmlPage, 303: noBody } } },
    async (request, reply) => {
      const session = await cookieSession.find(request);
      if (session) return sendPage(reply, portalPage({ base, tenantUrl, user: session.user }));
      if (comesFromLogin(request, base)) return sendPage(reply, noSessionPage(base));
      return reply.redirect(`${base}/login?${new URLSearchParams({ returnTo: request.url })}`, 303);
    },
  );
};

/** The demo's script, Qlik's own beside it, and the demo's icon. For the scope `public`. */
export const demoFileRoutes: FastifyPluginAsync = async (scope) => {
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
  const iconSchema = { content: { 'image/svg+xml': { schema: v.string() } } };
  app.get(
    ICON_PATH,
    { schema: { querystring: ignored, response: { 200: iconSchema } } },
    async (_request, reply) => reply.header('cache-control', 'no-cache').type('image/svg+xml').send(icon),
  );
};

/**
 * Whether somebody has just come here by the sign-in page; its policy lets that be known within the origin. Who goes back in the
 * browser's history comes with the page's old `Referer`, yet without `Sec-Fetch-User` (W3C Fetch Metadata).
 */
function comesFromLogin({ headers }: FastifyRequest, base: string): boolean {
  const { referer = '', 'sec-fetch-user': byUser } = headers;
  if (byUser !== '?1') return false;
  return URL.canParse(referer) && new URL(referer).pathname === `${base}/login`;
}
