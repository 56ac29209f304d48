import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const embedScript = fileURLToPath(import.meta.resolve('@qlik/embed-web-components'));
const apiFolder = dirname(fileURLToPath(import.meta.resolve('@qlik/api')));
const API_FILE = /^\/qlik-api\/([\w/-]+\.js)$/;

/** A page that embeds charts with the unmodified browser libraries, on localhost: another site than the sandbox's. */
export interface EmbedPortal {
  /** Without a trailing slash. */
  readonly url: string;
  /** What the page's `getAccessToken` resolves to; empty as the browser helper's answer when there is none. */
  token: string;
  /** The body of the page, and where its libraries find the tenant. */
  content: { html: string; host: string; clientId: string };
  /** How often the page asked for its token. */
  asked: number;
}

/** Starts the portal. Its pages forbid all inline scripts and styles; ended with the test. */
export async function startEmbedPortal(t: Pick<TestContext, 'after'>): Promise<EmbedPortal> {
  const server = createServer(async (request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '/';
    const apiFile = API_FILE.exec(path)?.[1];
    const send = (type: string, body: string | Buffer) =>
      response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, ...policy(portal) }).end(body);
    if (path === '/') send('text/html', page(portal));
    else if (path === '/token.js') send('text/javascript', TOKEN_SCRIPT);
    else if (path === '/qlik-embed.js') send('text/javascript', await readFile(embedScript));
    else if (apiFile) send('text/javascript', await readFile(join(apiFolder, apiFile)));
    else if (path === '/token') {
      portal.asked += 1;
      send('text/plain', portal.token);
    } else response.writeHead(404).end();
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const portal: EmbedPortal = {
    url: `http://localhost:${port}`,
    token: '',
    content: { html: '', host: '', clientId: '' },
    asked: 0,
  };
  return portal;
}

const TOKEN_SCRIPT = `globalThis.getAccessToken = async () => (await fetch('/token')).text();`;

function policy({ content: { host } }: EmbedPortal): Record<string, string> {
  const socket = host.replace(/^http/, 'ws');
  return {
    'content-security-policy': `default-src 'none'; script-src 'self' ${host}; connect-src 'self' ${host} ${socket}; style-src 'self'`,
  };
}

function page({ content: { html, host, clientId } }: EmbedPortal): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Portal</title>
<script src="/token.js"></script>
<script src="/qlik-embed.js" data-host="${host}" data-client-id="${clientId}"
  data-auth-type="Oauth2" data-get-access-token="getAccessToken"></script>
<body>${html}</body></html>`;
}
