import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { type RealProvider, startRealProvider } from './oidc-provider.ts';
import { createTestService, freePort, type TestService } from './test-service.ts';

/** A portal of somebody's own: a page with charts at `/`, and behind its proxy the service. */
export interface OidcPortal {
  readonly origin: string;
  readonly service: TestService;
  /** On another site than the portal. */
  readonly idp: RealProvider;
  /** Where the page's policy lets forms lead, besides the portal itself. */
  formAction: string;
}

const APP_ID = '3d2c9e74-8f5d-4aa1-9c43-2e7f90bd5c63';
const embedScript = readFileSync(new URL('../../dist/demo/browser/embed.js', import.meta.url));

export async function startOidcPortal(t: TestContext): Promise<OidcPortal> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const idp = await startRealProvider(t, { serviceOrigin: origin, host: '127.0.0.1' });
  const service = await createTestService(t, {
    env: { ...idp.env, PUBLIC_URL: origin },
    sandbox: { allowedOrigins: [origin] },
  });
  const upstream = await service.listen();
  const tenant = service.sandbox.url;

  const server = createServer((incoming, response) => {
    if (incoming.url === '/') sendChartPage(response, tenant, portal.formAction);
    else if (incoming.url === '/embed.js')
      response.setHeader('content-type', 'text/javascript').end(embedScript);
    else forward(upstream, incoming, response);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const portal: OidcPortal = { origin, service, idp, formAction: idp.issuer };
  return portal;
}

/** A page with a chart and a sign-out, which the helper alone gives its tokens. */
export function sendChartPage(response: ServerResponse, tenant: string, formAction: string): void {
  const policy = [
    "default-src 'none'",
    `script-src 'self' ${tenant}`,
    `connect-src 'self' ${tenant} ${tenant.replace('http', 'ws')}`,
    "style-src 'unsafe-inline'",
    `form-action 'self' ${formAction}`,
  ].join('; ');
  response.setHeader('content-security-policy', policy);
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(`<!doctype html>
<title>Portal</title>
<script defer src="/qlik-token.js" data-embed="/embed.js"></script>
<h1>Portal</h1>
<form method="post" action="/logout"><button>Sign out</button></form>
<qlik-embed ui="analytics/chart" app-id="${APP_ID}" object-id="total-sales"></qlik-embed>`);
}

function forward(upstream: string, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, headers } = incoming;
  const outgoing = request(upstream + incoming.url, { method: method ?? 'GET', headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.on('error', () => response.destroy());
  incoming.pipe(outgoing);
}
