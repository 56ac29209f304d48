import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request as passOn, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { BrowserContext } from 'playwright-core';

/** A portal as its developer has it: pages and scripts of its own, on localhost. */
export interface Portal {
  /** Without a trailing slash. */
  readonly origin: string;
  /** What it serves, by path. */
  files: Record<string, string>;
  /** The `Content-Security-Policy` of its pages. */
  policy: string;
  /** Where it passes on what it does not serve, as a proxy does; without, that is 404. */
  service?: string;
}

const TYPES: Record<string, string> = { '.js': 'text/javascript', '.html': 'text/html', '': 'text/html' };

/** Starts a portal, on `localhost` or another name of this machine; ended with the test. */
export async function startPortal(t: Pick<TestContext, 'after'>, host = 'localhost'): Promise<Portal> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://portal').pathname;
    const file = portal.files[path];
    if (file !== undefined) {
      response.setHeader('content-type', `${TYPES[extname(path)] ?? 'text/plain'}; charset=utf-8`);
      response.setHeader('content-security-policy', portal.policy).end(file);
    } else if (portal.service) pass(portal.service, request, response);
    else response.writeHead(404).end();
  });
  server.listen(0, host);
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const portal: Portal = { origin: `http://${host}:${port}`, files: {}, policy: '' };
  return portal;
}

/** As it came, `Host` included. */
function pass(service: string, request: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = request;
  const { port } = new URL(service);
  const onwards = passOn({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onwards.on('error', () => response.destroy());
  request.pipe(onwards);
}

const CDN = 'https://cdn.jsdelivr.net/npm/';
const PACKAGES: [RegExp, string][] = [
  [/^@qlik\/embed-web-components@1\/dist\/index\.min\.js$/, '@qlik/embed-web-components'],
  [/^@qlik\/api@2\/(.*)$/, '@qlik/api'],
];

/** Answers for the CDN with the installed, unmodified packages; anything else of it cannot be reached. */
export function serveCdn(context: BrowserContext): Promise<unknown> {
  return context.route(`${CDN}**`, async (route) => {
    const path = route.request().url().slice(CDN.length);
    for (const [pattern, name] of PACKAGES) {
      const match = pattern.exec(path);
      if (!match) continue;
      const main = fileURLToPath(import.meta.resolve(name));
      const body = readFileSync(match[1] ? join(dirname(main), match[1]) : main);
      const headers = { 'access-control-allow-origin': '*' };
      return route.fulfill({ contentType: 'text/javascript; charset=utf-8', headers, body });
    }
    return route.abort();
  });
}
