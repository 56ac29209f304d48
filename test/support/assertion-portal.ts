import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { extname } from 'node:path';
import type { TestContext } from 'node:test';
import { createCertificate } from '../qlik/certificate.ts';
import { createSigner, type Signer } from './assertions.ts';
import { snippetsOf } from './snippets.ts';
import { createTestService, freePort, type TestService } from './test-service.ts';

/** A portal that signs assertions, as its developer has it from the docs, and the service on another origin. */
export interface AssertionPortal {
  readonly origin: string;
  /** As browsers see it. */
  readonly broker: string;
  readonly service: TestService;
  readonly signer: Signer;
  /** Who is signed in at the portal. */
  user: string | undefined;
  /** How many assertions it signed. */
  signed: number;
  /** What it serves, by path. */
  readonly files: Record<string, string>;
  /** The `Cookie` headers that came to the service’s paths, the last ones last; with https only. */
  readonly cookies: [path: string, cookie: string | undefined][];
}

export interface AssertionPortalOptions {
  /** Names of the portal and the service, over https; default: both on `localhost`, over http. */
  readonly sites?: readonly [portal: string, broker: string];
  readonly env?: Record<string, string>;
}

const PAGE = 'sign-in-assertion.md';
const TYPES: Record<string, string> = { '.js': 'text/javascript', '': 'text/html' };

export async function startAssertionPortal(
  t: TestContext,
  { sites, env = {} }: AssertionPortalOptions = {},
): Promise<AssertionPortal> {
  const [portalPort, brokerPort, servicePort] = [await freePort(), await freePort(), await freePort()];
  const origin = sites ? `https://${sites[0]}:${portalPort}` : `http://localhost:${portalPort}`;
  const broker = sites ? `https://${sites[1]}:${brokerPort}` : `http://localhost:${servicePort}`;
  const signer = createSigner();
  const service = await createTestService(t, {
    port: servicePort,
    env: { ...signer.env, PUBLIC_URL: broker, ALLOWED_ORIGINS: origin, ...env },
    sandbox: { allowedOrigins: [origin] },
  });
  await service.listen();

  const written = new Map(snippetsOf(PAGE).map(({ id, text }) => [id.slice(PAGE.length + 1), text]));
  const text = (name: string) =>
    (written.get(name) ?? '')
      .replaceAll('https://broker.example.com', broker)
      .replaceAll('https://acme.eu.qlikcloud.com', service.sandbox.url);
  const cookies: AssertionPortal['cookies'] = [];
  const portal: AssertionPortal = {
    ...{ origin, broker, service, signer, cookies },
    user: 'ada',
    signed: 0,
    files: {
      '/': text('page.html'),
      '/session.js': text('session.js'),
      '/sign-out.js': text('sign-out.js'),
      '/signed-out': '<h1>Signed out</h1>',
    },
  };

  await listen(t, portalPort, sites?.[0], (incoming, response) => answer(portal, incoming, response));
  if (sites) {
    await listen(t, brokerPort, sites[1], (incoming, response) => {
      cookies.push([incoming.url ?? '', incoming.headers.cookie]);
      passOn(servicePort, incoming, response);
    });
  }
  return portal;
}

function answer(
  portal: AssertionPortal,
  { method, url = '/' }: IncomingMessage,
  response: ServerResponse,
): void {
  const path = url.split('?', 1)[0] as string;
  if (path === '/signed-out') portal.user = undefined;
  if (method === 'POST' && path === '/qlik-assertion' && portal.user) {
    portal.signed += 1;
    response.setHeader('cache-control', 'no-store').end(portal.signer.assertion({ sub: portal.user }));
    return;
  }
  const file = portal.files[path];
  if (file === undefined) response.writeHead(path === '/qlik-assertion' ? 401 : 404).end();
  else {
    response.setHeader('content-type', `${TYPES[extname(path)]}; charset=utf-8`);
    response.end(file.replace('data-user="ada"', `data-user="${portal.user}"`));
  }
}

type Handler = (incoming: IncomingMessage, response: ServerResponse) => void;

/** On loopback; over https when it has a name for a certificate. Ended with the test. */
async function listen(
  t: TestContext,
  port: number,
  name: string | undefined,
  handler: Handler,
): Promise<void> {
  const server = name ? createTlsServer(createCertificate(name), handler) : createServer(handler);
  await new Promise<void>((resolve) => server.listen(port, name ? '127.0.0.1' : 'localhost', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
}

function passOn(port: number, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = incoming;
  const onwards = request({ host: '127.0.0.1', port, method, path: url, headers }, (reply) => {
    response.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(response);
  });
  onwards.on('error', () => response.destroy());
  incoming.pipe(onwards);
}
