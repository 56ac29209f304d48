import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Provider } from 'oidc-provider';
import { ownKey } from './jwt.ts';
import { freePort } from './test-service.ts';

/** The real `oidc-provider`, on loopback, with one client: the service. Ended with the test. */
export interface RealProvider {
  readonly issuer: string;
  /** Where it answers in plain http. */
  readonly origin: string;
  /** Where it answers by TLS, if it is known under a name. */
  readonly tlsPort: number;
  readonly provider: Provider;
  /** Settings with which the service signs in there. */
  readonly env: Record<string, string>;
  /** Whoever comes is this user; without it, a page asks. */
  signsIn: string | undefined;
  /** How often which path was asked for. */
  readonly asked: Map<string, number>;
  /** Under which names of its own which path was asked for. */
  readonly askedAt: Map<string, Set<string>>;
  /** How long a request for this path waits. */
  delayMs: (path: string) => number;
  /** From now on it does not answer, until this is called again with false. */
  away(isAway: boolean): void;
  /** What it says of everybody from now on, besides name and verified e-mail, or in their place; no other groups. */
  tells(claims: Record<string, unknown>): void;
}

export interface RealProviderOptions {
  /** The service's origin; its pages may be returned to. */
  readonly serviceOrigin: string;
  readonly postLogoutUri?: string;
  /** Default `localhost`; `127.0.0.1` is another site than that. */
  readonly host?: string;
  /** What it says of everybody, as `tells` takes it. */
  readonly claims?: Record<string, unknown>;
  /** Under which name it is known, by https at port 443: it answers there where `tlsPort` leads, besides in plain http. */
  readonly known?: { readonly name: string; readonly certificate: { key: string; cert: string } };
}

export const CLIENT_ID = 'portal';
export const CLIENT_SECRET = 'provider-client-secret-5f3a9c1e';

export async function startRealProvider(
  t: Pick<TestContext, 'after'>,
  {
    serviceOrigin,
    postLogoutUri = `${serviceOrigin}/`,
    host = 'localhost',
    claims,
    known,
  }: RealProviderOptions,
): Promise<RealProvider> {
  const port = await freePort();
  const origin = `http://${host}:${port}`;
  const issuer = known ? `https://${known.name}` : origin;
  const key = { ...ownKey().privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: 'first' };

  let told: Record<string, unknown> = claims ?? { groups: ['EMEA', 'sales'] };

  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        token_endpoint_auth_method: 'client_secret_post',
        redirect_uris: [`${serviceOrigin}/login/callback`],
        post_logout_redirect_uris: [postLogoutUri],
        backchannel_logout_uri: `${serviceOrigin}/logout/backchannel`,
        backchannel_logout_session_required: true,
      },
    ],
    jwks: { keys: [key] },
    cookies: { keys: ['cookie-key-of-the-provider'] },
    claims: {
      openid: ['sub', 'sid'],
      email: ['email', 'email_verified'],
      profile: ['name', 'groups', 'hd', '_claim_names', 'hasgroups'],
    },
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: async (ctx, form) => {
          ctx.body = `<!doctype html><title>Sign out?</title>${form}<button form="op.logoutForm" name="logout" value="yes">Yes, sign me out</button>`;
        },
      },
    },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    findAccount: async (_ctx, id) => ({
      accountId: id,
      claims: async () => ({
        sub: id,
        name: `${id[0]?.toUpperCase()}${id.slice(1)}`,
        email: `${id}@example.com`,
        email_verified: true,
        ...told,
      }),
    }),
    // Nobody is asked for consent.
    loadExistingGrant: async (ctx) => {
      const clientId = ctx.oidc.client?.clientId as string;
      const given = ctx.oidc.session?.grantIdFor(clientId);
      const existing = given && (await ctx.oidc.provider.Grant.find(given));
      if (existing) return existing;
      const grant = new ctx.oidc.provider.Grant({
        clientId,
        accountId: ctx.oidc.session?.accountId as string,
      });
      grant.addOIDCScope('openid profile email');
      await grant.save();
      return grant;
    },
    // Its own refuses this machine's addresses.
    fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined } as object),
    ttl: { Session: 3600, Grant: 3600, Interaction: 600, IdToken: 3600, AccessToken: 600 },
  });

  const asked = new Map<string, number>();
  const askedAt = new Map<string, Set<string>>();
  let isAway = false;
  const callback = provider.callback();
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? '/').split('?', 1)[0] as string;
    asked.set(path, (asked.get(path) ?? 0) + 1);
    askedAt.set(path, (askedAt.get(path) ?? new Set()).add(String(request.headers.host)));
    if (isAway) return request.socket.destroy();
    await setTimeout(real.delayMs(path));
    if (!path.startsWith('/interaction/')) return callback(request, response);
    try {
      await interact(request, response);
    } catch {
      response.writeHead(400).end('no interaction');
    }
  };
  const server = createServer(listener);
  const tlsServer = createTlsServer(known?.certificate ?? {}, listener);
  const tlsPort = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  if (known) await new Promise<void>((resolve) => tlsServer.listen(tlsPort, '127.0.0.1', resolve));
  t.after(() => {
    for (const each of [server, tlsServer]) {
      each.closeAllConnections();
      each.close();
    }
  });

  async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const user = request.method === 'POST' ? await formField(request, 'user') : real.signsIn;
    if (user === undefined) {
      const buttons = ['ada', 'bruno']
        .map((name) => `<button name="user" value="${name}">${name}</button>`)
        .join('');
      response.setHeader('content-type', 'text/html');
      response.end(`<!doctype html><title>Provider</title><form method="post">${buttons}</form>`);
      return;
    }
    const result = user === 'nobody' ? { error: 'access_denied' } : { login: { accountId: user } };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }

  const real: RealProvider = {
    issuer,
    origin,
    tlsPort,
    provider,
    env: {
      PORTAL_AUTH: 'oidc',
      OIDC_ISSUER: issuer,
      OIDC_CLIENT_ID: CLIENT_ID,
      OIDC_CLIENT_SECRET: CLIENT_SECRET,
    },
    signsIn: undefined,
    asked,
    askedAt,
    delayMs: () => 0,
    tells(now) {
      told = now;
    },
    away(now) {
      isAway = now;
      server.closeAllConnections();
    },
  };
  return real;
}

async function formField(request: IncomingMessage, name: string): Promise<string | undefined> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return new URLSearchParams(body).get(name) ?? undefined;
}
