import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';

/** An answer of the service that a test makes up. */
export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  /** Sent as JSON unless it is text; `hang` sends nothing, `reset` ends the connection. */
  body?: unknown;
  fault?: 'hang' | 'reset';
}

/** What the page asked the service for. */
export interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
  at: number;
}

/** A page that loaded the helper from a service whose answers the test decides. */
export interface HelperPage {
  readonly page: Page;
  readonly origin: string;
  /** The calls to `/qlik-token`. */
  readonly asked: Asked[];
  /** Every call but those for the page and the script, in their order. */
  readonly all: Asked[];
  /** Decides the answers from now on; `n` counts from 0. */
  answer(next: (asked: Asked, n: number) => Reply): void;
  /** A token from `getAccessToken`, which the page made with callbacks that write down what they were told. */
  token(): Promise<string>;
  /** What the callbacks were told. */
  told(): Promise<{ signIns: string[]; problems: { code: string; status?: number }[]; changes: number }>;
}

const script = readFileSync(new URL('../../dist/browser/qlik-token.js', import.meta.url));

/** A token as Qlik's look: a JWT with a `sub`. Signed by nobody. */
export function jwtFor(sub: string, serial = 1): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'ES384' })}.${part({ sub, serial })}.c2ln`;
}

/** The answer with a token. */
export function good(token = jwtFor('ada'), expiresIn = 3_600): Reply {
  return { body: { access_token: token, token_type: 'Bearer', expires_in: expiresIn } };
}

/** A problem answer of the service. */
export function problem(status: number, code: string, retryAfter?: number): Reply {
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    },
    body: { type: 'about:blank', title: code, status, code, detail: '', requestId: 'r' },
  };
}

export interface HelperPageOptions {
  /** An expression of the page's, for `createTokenProvider`. */
  options?: string;
  /** What stands in the page's head, instead of a provider with these options. */
  html?: string;
  /** The page's `Content-Security-Policy`; by default scripts of its own origin are allowed, and nothing inline. */
  policy?: string;
  /** Scripts besides the helper, by path. */
  scripts?: Record<string, string>;
}

const PROVIDER = '<script src="/qlik-token.js"></script><script src="/page.js"></script>';
const OWN_SCRIPTS = "default-src 'none'; script-src 'self'; connect-src 'self'";

/** Opens the page. At `/framed` is one with a provider, whatever `html` says. */
export async function openHelperPage(
  t: TestContext,
  browser: Pick<Browser, 'newContext'>,
  { options = '{}', html = PROVIDER, policy = OWN_SCRIPTS, scripts = {} }: HelperPageOptions = {},
): Promise<HelperPage> {
  const all: Asked[] = [];
  let next: (asked: Asked, n: number) => Reply = () => good();
  let count = 0;
  const files: Record<string, string | Buffer> = {
    ...scripts,
    '/qlik-token.js': script,
    '/page.js': pageScript(options),
  };

  const server = createServer((request, response) => {
    if (request.url === '/') return page(response, html, policy);
    if (request.url === '/framed') return page(response, PROVIDER, policy);
    const file = files[request.url ?? ''];
    if (file !== undefined) return response.setHeader('content-type', 'text/javascript').end(file);
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const asked = { method, path: url, headers, body, at: Date.now() };
      all.push(asked);
      if (url.startsWith('/login')) return page(response, '<title>Sign in</title>', policy);
      send(response, next(asked, count++));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  const context = await browser.newContext();
  t.after(async () => {
    await context.close();
    server.closeAllConnections();
    server.close();
  });
  const tab = await context.newPage();
  await tab.goto(origin);

  return {
    page: tab,
    origin,
    all,
    get asked() {
      return all.filter(({ path }) => path === '/qlik-token');
    },
    answer(decide) {
      next = decide;
      count = 0;
    },
    token: () => tab.evaluate('getAccessToken()'),
    told: () => tab.evaluate('told'),
  };
}

function pageScript(options: string): string {
  return `
    const told = { signIns: [], problems: [], changes: 0 };
    const getAccessToken = QlikToken.createTokenProvider({
      onSignInRequired: (url) => told.signIns.push(url),
      onError: (problem) => told.problems.push(problem),
      onUserChanged: () => { told.changes += 1; },
      ...${options},
    });`;
}

function page(response: ServerResponse, head: string, policy: string): void {
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.setHeader('content-security-policy', policy);
  response.end(`<!doctype html><html><head>${head}</head><body><input id="field"></body></html>`);
}

function send(response: ServerResponse, { status = 200, headers = {}, body = {}, fault }: Reply): void {
  if (fault === 'hang') return;
  if (fault === 'reset') {
    response.destroy();
    return;
  }
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
}
