import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { jwt, ownKey, rs256, type SigningKey } from './jwt.ts';
import { freePort } from './test-service.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;
type Claims = Record<string, unknown>;

/** What it says instead of the truth. */
export interface Lies {
  /** The metadata. */
  metadata?: (truth: Claims) => unknown;
  /** The query with which it sends the browser back. */
  back?: (truth: URLSearchParams) => URLSearchParams;
  /** The ID token's claims. */
  claims?: (truth: Claims) => Claims;
  /** The ID token for those claims. */
  idToken?: (claims: Claims) => string;
  /** The token endpoint's answer, or a promise of it. */
  tokens?: (truth: Claims) => unknown;
  keys?: () => unknown;
  userInfo?: (truth: Claims) => unknown;
  /** Whole answers, by path. */
  answers?: Record<string, Answer>;
}

/** An OpenID Connect provider that signs everybody in as `ada` at once, and lies as it is told. Ended with the test. */
export interface LyingProvider {
  readonly issuer: string;
  readonly key: SigningKey;
  /** Settings with which the service signs in there. */
  readonly env: Record<string, string>;
  lies: Lies;
  readonly asked: Map<string, number>;
  /** A logout token with these claims besides the usual ones; undefined takes one away. */
  logoutToken(claims?: Claims, header?: Claims): string;
}

export const CLIENT_ID = 'portal';
export const CLIENT_SECRET = 'lying-client-secret-0123456789abcdef';
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

export async function startLyingProvider(t: Pick<TestContext, 'after'>): Promise<LyingProvider> {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const key = ownKey();
  const begun = new Map<string, URLSearchParams>();
  const asked = new Map<string, number>();

  const header = () => ({ alg: 'RS256', kid: key.kid, typ: 'JWT' });
  const seconds = () => Math.floor(Date.now() / 1_000);
  const send = (response: ServerResponse, body: unknown) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));

  const answers: Record<string, Answer> = {
    '/.well-known/openid-configuration': (_request, response) => {
      const truth = {
        issuer,
        authorization_endpoint: `${issuer}/auth`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        userinfo_endpoint: `${issuer}/me`,
        end_session_endpoint: `${issuer}/end`,
        code_challenge_methods_supported: ['S256'],
        authorization_response_iss_parameter_supported: true,
        token_endpoint_auth_methods_supported: ['client_secret_post'],
      };
      send(response, provider.lies.metadata?.(truth) ?? truth);
    },
    '/auth': (request, response) => {
      const query = new URL(request.url ?? '/', issuer).searchParams;
      const code = randomUUID();
      begun.set(code, query);
      const truth = new URLSearchParams({ code, state: query.get('state') ?? '', iss: issuer });
      const back = provider.lies.back?.(truth) ?? truth;
      response.writeHead(303, { location: `${query.get('redirect_uri')}?${back}` }).end();
    },
    '/token': async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const query = begun.get(new URLSearchParams(body).get('code') ?? '');
      const time = seconds();
      const truth = {
        iss: issuer,
        sub: 'ada',
        aud: CLIENT_ID,
        iat: time,
        exp: time + 300,
        nonce: query?.get('nonce'),
        sid: 'session-1',
        name: 'Ada',
        email: 'ada@example.com',
        email_verified: true,
        groups: ['EMEA'],
      };
      const claims = provider.lies.claims?.(truth) ?? truth;
      const id_token = provider.lies.idToken?.(claims) ?? jwt(header(), claims, rs256(key));
      const tokens = { access_token: 'access', token_type: 'Bearer', expires_in: 60, id_token };
      send(response, (await provider.lies.tokens?.(tokens)) ?? tokens);
    },
    '/keys': (_request, response) => send(response, provider.lies.keys?.() ?? { keys: [key.jwk] }),
    '/me': (_request, response) => send(response, provider.lies.userInfo?.({ sub: 'ada' }) ?? { sub: 'ada' }),
  };

  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] as string;
    asked.set(path, (asked.get(path) ?? 0) + 1);
    const answer = provider.lies.answers?.[path] ?? answers[path];
    if (answer) answer(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });

  const provider: LyingProvider = {
    issuer,
    key,
    env: {
      PORTAL_AUTH: 'oidc',
      OIDC_ISSUER: issuer,
      OIDC_CLIENT_ID: CLIENT_ID,
      OIDC_CLIENT_SECRET: CLIENT_SECRET,
    },
    lies: {},
    asked,
    logoutToken(claims = {}, otherHeader = {}) {
      const time = seconds();
      return jwt(
        { ...header(), typ: 'logout+jwt', ...otherHeader },
        {
          ...{ iss: issuer, aud: CLIENT_ID, iat: time, exp: time + 120, jti: randomUUID() },
          ...{ events: { [EVENT]: {} }, sid: 'session-1', sub: 'ada' },
          ...claims,
        },
        rs256(key),
      );
    },
  };
  return provider;
}
