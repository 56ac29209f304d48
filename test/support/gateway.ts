import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { escapeHtml } from '../../src/http/pages/html-page.ts';
import { createGatewayService, type GatewayService, PROXY_SECRET } from './gateway-service.ts';
import { aroundHttp, nginxFolder, runNginx } from './nginx.ts';
import { sendChartPage } from './oidc-portal.ts';
import { snippetsOf } from './snippets.ts';
import { freePort } from './test-service.ts';

/** The nginx of docs/sign-in-proxy.md, before a portal with a sign-in of its own and the service. */
export interface Gateway {
  /** What a browser sees. */
  readonly origin: string;
  readonly service: GatewayService;
  /** Where the service itself listens. */
  readonly serviceUrl: string;
}

const embedScript = readFileSync(new URL('../../dist/demo/browser/embed.js', import.meta.url));

/** Starts all three; ended with the test. Ports, certificate and secret are the test's, all else is as in the docs. */
export async function startGateway(t: TestContext, env: Record<string, string> = {}): Promise<Gateway> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const service = await createGatewayService(t, {
    env: { PUBLIC_URL: origin, POST_LOGOUT_URL: '/sign-out', ...env },
    sandbox: { allowedOrigins: [origin] },
  });
  const serviceUrl = await service.listen();
  const portalPort = await startPortal(t, service.sandbox.url);

  const folder = nginxFolder();
  const snippets = snippetsOf('sign-in-proxy.md');
  const text = (name: string) => snippets.find(({ id }) => id.endsWith(` ${name}`))?.text as string;
  writeFileSync(
    join(folder, 'broker.conf'),
    text('broker.conf').replace('put the value of PROXY_SECRET here', PROXY_SECRET),
  );
  const server = text('gateway.conf')
    .replace('127.0.0.1:8000', `127.0.0.1:${portalPort}`)
    .replace('127.0.0.1:3000', new URL(serviceUrl).host)
    .replace('listen 443 ssl', `listen 127.0.0.1:${port}`)
    .replace(/^ *ssl_.*\n/gm, '');
  await runNginx(t, folder, aroundHttp(folder, server), port);
  return { origin, service, serviceUrl };
}

/** A portal that knows its users by a cookie, and by nothing that is sent to it besides. */
async function startPortal(t: TestContext, tenant: string): Promise<number> {
  const server = createServer((request, response) => answer(request, response, tenant));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function answer(request: IncomingMessage, response: ServerResponse, tenant: string): void {
  const url = request.url ?? '/';
  const { pathname, searchParams } = new URL(url, 'http://portal');
  // All that follows, as it is: nginx encodes nothing.
  const rd = url.split('rd=').slice(1).join('rd=') || '/';
  const user = /(?:^|; )portal=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
  const go = (place: string, cookie: string) =>
    response.writeHead(303, { location: place, 'set-cookie': `portal=${cookie}; Path=/; HttpOnly` }).end();
  switch (pathname) {
    case '/auth':
      // Who was here last is nobody's business: a refusal's headers must count for nothing.
      if (user === undefined) response.writeHead(401, { 'x-auth-request-user': 'ada' }).end();
      else
        response
          // Node writes Latin-1 into headers.
          .writeHead(200, {
            'x-auth-request-user': user,
            'x-auth-request-name': user === 'andre' ? 'André' : `${user} of the portal`,
          })
          .end();
      break;
    case '/sign-in':
      if (searchParams.has('user')) go(rd, searchParams.get('user') as string);
      else response.setHeader('content-type', 'text/html').end(loginPage(rd));
      break;
    case '/sign-out':
      go('/', '; Max-Age=0');
      break;
    case '/embed.js':
      response.setHeader('content-type', 'text/javascript').end(embedScript);
      break;
    default:
      sendChartPage(response, tenant, '');
  }
}

function loginPage(rd: string): string {
  const links = ['ada', 'bruno'].map(
    (user) => `<a href="/sign-in?user=${user}&amp;rd=${escapeHtml(rd)}">${user}</a>`,
  );
  return `<!doctype html><title>Sign in</title><h1>Portal sign-in</h1>${links.join(' ')}`;
}
