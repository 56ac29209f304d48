import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, before, describe, type TestContext, test } from 'node:test';
import { hs256, jwt, rs256, signingKey, unsigned } from '../support/jwt.ts';
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type Lies,
  type LyingProvider,
  startLyingProvider,
} from '../support/lying-provider.ts';
import { createTestService, type TestService } from '../support/test-service.ts';
import { createVisitor } from '../support/visitor.ts';

type Claims = Record<string, unknown>;

const CANARY = 'CANARY_9D2E';
const header = { alg: 'RS256', kid: 'k1', typ: 'JWT' };
const other = signingKey('k1');
const now = () => Math.floor(Date.now() / 1_000);
const without =
  (name: string) =>
  ({ [name]: _, ...claims }: Claims) =>
    claims;
const send = (response: ServerResponse, status: number, body: string, type = 'application/json') =>
  response.writeHead(status, { 'content-type': type }).end(body);
const claims =
  (changes: Claims | (() => Claims)): NonNullable<Lies['claims']> =>
  (truth) => ({ ...truth, ...(typeof changes === 'function' ? changes() : changes) });

let idp: LyingProvider;
let service: TestService;

/** What it does, and the answer: status and code. */
const lies: [string, () => Lies, number, string][] = [
  // The ID token's signature (RFC 8725 §3.1, §3.2)
  ['alg none', () => ({ idToken: (c) => jwt({ alg: 'none' }, c, unsigned) }), 502, 'idp_bad_response'],
  ['alg None', () => ({ idToken: (c) => jwt({ alg: 'None' }, c, unsigned) }), 502, 'idp_bad_response'],
  [
    'alg none with a signature that is right',
    () => ({ idToken: (c) => jwt({ ...header, alg: 'none' }, c, rs256(idp.key)) }),
    502,
    'idp_bad_response',
  ],
  ['no alg', () => ({ idToken: (c) => jwt({ kid: 'k1' }, c, rs256(idp.key)) }), 502, 'idp_bad_response'],
  [
    'HS256 with the public key as PEM',
    () => ({
      idToken: (c) =>
        jwt(
          { ...header, alg: 'HS256' },
          c,
          hs256(idp.key.publicKey.export({ type: 'spki', format: 'pem' }) as string),
        ),
    }),
    502,
    'idp_bad_response',
  ],
  [
    'HS256 with the client’s secret',
    () => ({ idToken: (c) => jwt({ ...header, alg: 'HS256' }, c, hs256(CLIENT_SECRET)) }),
    502,
    'idp_bad_response',
  ],
  ['no signature', () => ({ idToken: (c) => jwt(header, c, unsigned) }), 502, 'idp_bad_response'],
  [
    'a signature of another key with that kid',
    () => ({ idToken: (c) => jwt(header, c, rs256(other)) }),
    502,
    'idp_bad_response',
  ],
  [
    'a key of its own in the header',
    () => ({ idToken: (c) => jwt({ ...header, jwk: other.jwk }, c, rs256(other)) }),
    502,
    'idp_bad_response',
  ],
  [
    'the address of a key of its own in the header',
    () => ({ idToken: (c) => jwt({ ...header, jku: `${idp.issuer}/other` }, c, rs256(other)) }),
    502,
    'idp_bad_response',
  ],
  [
    'an unknown crit',
    () => ({ idToken: (c) => jwt({ ...header, crit: ['x'], x: 1 }, c, rs256(idp.key)) }),
    502,
    'idp_bad_response',
  ],
  [
    'crit b64, and an unencoded payload',
    () => ({ idToken: (c) => jwt({ ...header, crit: ['b64'], b64: false }, c, rs256(idp.key)) }),
    502,
    'idp_bad_response',
  ],
  [
    'a kid that is a path',
    () => ({ idToken: (c) => jwt({ ...header, kid: '../../../../dev/null' }, c, rs256(idp.key)) }),
    502,
    'idp_bad_response',
  ],
  ['a token of two parts', () => ({ idToken: () => 'e30.e30' }), 502, 'idp_bad_response'],
  ['an encrypted token', () => ({ idToken: () => 'e30.e30.e30.e30.e30' }), 502, 'idp_bad_response'],
  [
    'claims that are an array',
    () => ({ idToken: () => jwt(header, [], rs256(idp.key)) }),
    502,
    'idp_bad_response',
  ],
  [
    'claims that are no JSON',
    () => ({ idToken: () => jwt(header, '{"sub":', rs256(idp.key)) }),
    502,
    'idp_bad_response',
  ],
  // Its claims (OpenID Connect Core 1.0 §3.1.3.7)
  ['another iss', () => ({ claims: claims({ iss: 'https://evil.example' }) }), 502, 'idp_bad_response'],
  [
    'an iss with a slash more',
    () => ({ claims: claims(() => ({ iss: `${idp.issuer}/` })) }),
    502,
    'idp_bad_response',
  ],
  ['no iss', () => ({ claims: without('iss') }), 502, 'idp_bad_response'],
  ['another aud', () => ({ claims: claims({ aud: 'other' }) }), 502, 'idp_bad_response'],
  ['an aud of ours in another case', () => ({ claims: claims({ aud: 'Portal' }) }), 502, 'idp_bad_response'],
  ['two auds and no azp', () => ({ claims: claims({ aud: [CLIENT_ID, 'other'] }) }), 502, 'idp_bad_response'],
  ['no aud', () => ({ claims: without('aud') }), 502, 'idp_bad_response'],
  ['an empty aud', () => ({ claims: claims({ aud: [] }) }), 502, 'idp_bad_response'],
  ['another azp', () => ({ claims: claims({ azp: 'other' }) }), 502, 'idp_bad_response'],
  ['another nonce', () => ({ claims: claims({ nonce: 'other' }) }), 502, 'idp_bad_response'],
  ['no nonce', () => ({ claims: without('nonce') }), 502, 'idp_bad_response'],
  ['no sub', () => ({ claims: without('sub') }), 502, 'idp_bad_response'],
  ['an empty sub', () => ({ claims: claims({ sub: '' }) }), 502, 'idp_bad_response'],
  ['a number as sub', () => ({ claims: claims({ sub: 7 }) }), 502, 'idp_bad_response'],
  ['a sub of 256 characters', () => ({ claims: claims({ sub: 'x'.repeat(256) }) }), 502, 'idp_bad_response'],
  ['no exp', () => ({ claims: without('exp') }), 502, 'idp_bad_response'],
  ['an exp of 1e300', () => ({ claims: claims({ exp: 1e300 }) }), 502, 'idp_bad_response'],
  [
    'an exp beyond all numbers',
    () => ({
      idToken: (c) => jwt(header, JSON.stringify(c).replace(/"exp":\d+/, '"exp":1e999'), rs256(idp.key)),
    }),
    502,
    'idp_bad_response',
  ],
  ['an exp as text', () => ({ claims: claims({ exp: String(now() + 60) }) }), 502, 'idp_bad_response'],
  ['an exp that is over', () => ({ claims: claims(() => ({ exp: now() - 31 })) }), 502, 'idp_bad_response'],
  ['an old iat', () => ({ claims: claims(() => ({ iat: now() - 700 })) }), 502, 'idp_bad_response'],
  ['an iat to come', () => ({ claims: claims(() => ({ iat: now() + 60 })) }), 502, 'idp_bad_response'],
  ['no iat', () => ({ claims: without('iat') }), 502, 'idp_bad_response'],
  ['an nbf to come', () => ({ claims: claims(() => ({ nbf: now() + 60 })) }), 502, 'idp_bad_response'],
  // The way back (RFC 9207, RFC 6749 §4.1.2)
  ['no state', () => ({ back: drop('state') }), 400, 'bad_request'],
  ['another state', () => ({ back: put('state', 'other') }), 400, 'bad_request'],
  ['the state twice', () => ({ back: again('state') }), 400, 'bad_request'],
  ['another provider’s iss', () => ({ back: put('iss', 'https://evil.example') }), 400, 'bad_request'],
  ['no iss in the way back', () => ({ back: drop('iss') }), 400, 'bad_request'],
  ['the iss twice', () => ({ back: again('iss') }), 400, 'bad_request'],
  ['the code twice', () => ({ back: again('code') }), 400, 'bad_request'],
  ['no code', () => ({ back: drop('code') }), 400, 'bad_request'],
  ['a code and an error', () => ({ back: put('error', 'access_denied') }), 400, 'bad_request'],
  ['access_denied', () => ({ back: only('error', 'access_denied') }), 400, 'bad_request'],
  ['server_error', () => ({ back: only('error', 'server_error') }), 503, 'idp_unavailable'],
  ['unauthorized_client', () => ({ back: only('error', 'unauthorized_client') }), 502, 'idp_bad_response'],
  ['an error of its own', () => ({ back: only('error', CANARY) }), 502, 'idp_bad_response'],
  // The token endpoint
  ['no ID token', () => ({ tokens: ({ id_token: _, ...rest }) => rest }), 502, 'idp_bad_response'],
  ['no access token', () => ({ tokens: ({ access_token: _, ...rest }) => rest }), 502, 'idp_bad_response'],
  [
    'a number as ID token',
    () => ({ tokens: (truth) => ({ ...truth, id_token: 7 }) }),
    502,
    'idp_bad_response',
  ],
  [
    'a token endpoint that answers 500',
    () => ({ answers: { '/token': (_, r) => send(r, 500, `{"error":"${CANARY}"}`) } }),
    503,
    'idp_unavailable',
  ],
  [
    'a token endpoint that answers HTML',
    () => ({ answers: { '/token': (_, r) => send(r, 200, `<h1>${CANARY}</h1>`, 'text/html') } }),
    502,
    'idp_bad_response',
  ],
  [
    'a token endpoint that redirects',
    () => ({
      answers: {
        '/token': (_, r) => r.writeHead(307, { location: `${idp.issuer}/stolen` }).end(),
        '/stolen': (_, r) => send(r, 200, '{}'),
      },
    }),
    502,
    'idp_bad_response',
  ],
  [
    'a token endpoint that sends 10 MB besides what is right',
    () => ({ tokens: (truth) => ({ ...truth, padding: 'x'.repeat(10_000_000) }) }),
    502,
    'idp_bad_response',
  ],
  [
    'a token endpoint that sends a byte now and then',
    () => ({ answers: { '/token': (_, response) => drip(response) } }),
    503,
    'idp_unavailable',
  ],
  [
    'a token endpoint that hangs up',
    () => ({ answers: { '/token': (q) => q.socket.destroy() } }),
    503,
    'idp_unavailable',
  ],
  [
    'a code that was used',
    () => ({
      answers: {
        '/token': (_, r) => send(r, 400, `{"error":"invalid_grant","error_description":"${CANARY}"}`),
      },
    }),
    400,
    'bad_request',
  ],
  [
    'that our secret is wrong',
    () => ({
      answers: {
        '/token': (_, r) => send(r, 401, `{"error":"invalid_client","error_description":"${CANARY}"}`),
      },
    }),
    502,
    'idp_bad_response',
  ],
  [
    'an error of its own at the token endpoint',
    () => ({
      answers: {
        '/token': (_, r) => send(r, 400, `{"error":"${CANARY}","code":"${CANARY}","claim":"${CANARY}"}`),
      },
    }),
    502,
    'idp_bad_response',
  ],
  // The user info
  [
    'another user’s info',
    () => ({ claims: without('email'), userInfo: (truth) => ({ ...truth, sub: 'bruno' }) }),
    502,
    'idp_bad_response',
  ],
];

describe('a provider that lies', () => {
  const ends: (() => unknown)[] = [];
  const t = { after: (end: () => unknown) => ends.push(end) } as unknown as TestContext;

  before(async () => {
    idp = await startLyingProvider(t);
    service = await createTestService(t, { env: { ...idp.env, RATE_LIMIT_SIGN_IN: '100000/min' } });
    await service.listen();
  });
  after(async () => {
    for (const end of ends) await end();
  });

  test('and for once says the truth signs somebody in', async () => {
    idp.lies = {};
    const visitor = createVisitor();
    const { url } = await visitor.go(`${service.origin}/login?returnTo=/page`, `${service.origin}/page`);
    assert.equal(url, `${service.origin}/page`);
    assert.equal((await service.fetch({ url: '/session', cookie: visitor.cookie() })).statusCode, 200);
  });

  for (const [what, lie, status, code] of lies) {
    test(`given ${what}, signs nobody in: ${status} ${code}`, async () => {
      idp.lies = lie();
      service.logged.length = 0;
      const visitor = createVisitor();
      const { url, response } = await visitor.go(
        `${service.origin}/login?returnTo=/page`,
        `${service.origin}/page`,
      );

      assert.ok(response && url.startsWith(`${service.origin}/login/callback?`), url);
      const body = await response.text();
      assert.equal(response.status, status, body);
      assert.equal(JSON.parse(body).code, code);
      assert.ok(!visitor.cookies.has('qlik_token_broker'));
      assert.equal((await service.fetch({ url: '/session', cookie: visitor.cookie() })).statusCode, 401);

      const told = service.logged.join('') + body;
      const query = new URL(url).searchParams;
      for (const secret of [CANARY, CLIENT_SECRET, query.get('code'), 'code=', 'eyJ'])
        if (secret) assert.ok(!told.includes(secret), secret);
      assert.equal(idp.asked.get('/stolen'), undefined);
    });
  }

  test('given an aud of two with our azp, signs in: others may hear of it, we are meant', async () => {
    idp.lies = { claims: claims({ aud: [CLIENT_ID, 'other'], azp: CLIENT_ID }) };
    await signsIn();
  });

  for (const [what, changes] of [
    ['an exp half a minute ago', () => ({ exp: now() - 28 })],
    ['an iat of ten minutes ago', () => ({ iat: now() - 620 })],
    ['an iat in half a minute', () => ({ iat: now() + 28 })],
  ] as const) {
    test(`given ${what}, signs in: clocks differ`, async () => {
      idp.lies = { claims: claims(changes) };
      await signsIn();
    });
  }

  async function signsIn(): Promise<void> {
    const visitor = createVisitor();
    const { url } = await visitor.go(`${service.origin}/login?returnTo=/page`, `${service.origin}/page`);
    assert.equal(url, `${service.origin}/page`);
  }
});

function drip(response: ServerResponse): void {
  const timer = setInterval(() => {
    if (response.destroyed) clearInterval(timer);
    else response.write(' ');
  }, 100);
}

function drop(name: string) {
  return (truth: URLSearchParams) => {
    truth.delete(name);
    return truth;
  };
}

function put(name: string, value: string) {
  return (truth: URLSearchParams) => {
    truth.set(name, value);
    return truth;
  };
}

function again(name: string) {
  return (truth: URLSearchParams) => {
    truth.append(name, truth.get(name) ?? '');
    return truth;
  };
}

function only(name: string, value: string) {
  return (truth: URLSearchParams) => {
    truth.delete('code');
    truth.set(name, value);
    return truth;
  };
}
