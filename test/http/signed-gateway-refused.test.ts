import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { assertKept, assertProblem } from '../session/browser.ts';
import { hs256, unsigned } from '../support/jwt.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { sendRaw } from '../support/raw-http.ts';
import {
  type GatewayName,
  newKey,
  type SigningGateway,
  startSigningGateway,
} from '../support/signing-gateways.ts';
import { cookieOf, createTestService, type TestService } from '../support/test-service.ts';

type Json = Record<string, unknown>;
type Make = (gateway: SigningGateway, now: number) => string;

const evil = newKey();
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token of the gateway's with another part, which it did not sign. */
function withPart(token: string, index: number, change: (value: Json) => unknown): string {
  const parts = token.split('.');
  parts[index] = part(change(JSON.parse(Buffer.from(parts[index] as string, 'base64url').toString())));
  return parts.join('.');
}

/** The gateway's own claims under another header, signed in another way. */
function resigned(token: string, header: Json, signer: (input: string) => Buffer): string {
  const [first = '', claims = ''] = token.split('.');
  const own = JSON.parse(Buffer.from(first, 'base64url').toString());
  const input = `${part({ ...own, ...header })}.${claims}`;
  return `${input}.${signer(input).toString('base64url')}`;
}

const header =
  (change: Json): Make =>
  (gateway) =>
    gateway.token('ada', { header: change });
const claims =
  (change: (now: number) => Json): Make =>
  (gateway, now) =>
    gateway.token('ada', { claims: change(now) });
const pem = ({ publicKey }: SigningGateway) => publicKey.export({ type: 'spki', format: 'pem' }).toString();

const ALG = 'the alg of its JWT is none of the asymmetric ones';
const KEY = 'no key of the gateway fits the alg and kid of its JWT';
const SIGNATURE = 'the signature of its JWT is wrong';
const MALFORMED = 'its JWT is not well-formed';
const OVER = 'its JWT is over (exp)';
const ISS = 'the iss of its JWT is not PROXY_JWT_ISSUER';
const AUD = 'the aud of its JWT is not PROXY_JWT_AUDIENCE';
const SIGNER = 'the signer of its JWT is not PROXY_JWT_AUDIENCE';
const not = (claim: string) => `the ${claim} of its JWT is missing or not as it must be`;

/** What nobody but an attacker, a broken gateway or another's gateway sends; and what the log says of it. */
const ofAny: [string, string, Make][] = [
  ['of alg none', MALFORMED, (g) => resigned(g.token('ada'), { alg: 'none' }, unsigned)],
  ['of alg none with a signature', ALG, header({ alg: 'none' })],
  ['without alg', MALFORMED, header({ alg: undefined })],
  [
    'of HS256 with the public key’s PEM',
    ALG,
    (g) => resigned(g.token('ada'), { alg: 'HS256' }, hs256(pem(g))),
  ],
  [
    'of HS256 with the public key’s DER',
    ALG,
    (g) =>
      resigned(g.token('ada'), { alg: 'HS256' }, hs256(g.publicKey.export({ type: 'spki', format: 'der' }))),
  ],
  ['of RS256, for a key of P-256', KEY, header({ alg: 'RS256' })],
  ['of ES384, for a key of P-256', KEY, header({ alg: 'ES384' })],
  ['signed by somebody else', SIGNATURE, (g) => g.token('ada', { key: evil.privateKey })],
  [
    'with somebody else’s jwk',
    SIGNATURE,
    (g) =>
      g.token('ada', { key: evil.privateKey, header: { jwk: evil.publicKey.export({ format: 'jwk' }) } }),
  ],
  [
    'with somebody else’s jku and x5u',
    SIGNATURE,
    (g) =>
      g.token('ada', {
        key: evil.privateKey,
        header: { jku: 'http://127.0.0.1:9/jwks.json', x5u: 'http://127.0.0.1:9/x.pem' },
      }),
  ],
  [
    'with a changed payload',
    SIGNATURE,
    (g) => withPart(g.token('ada'), 1, (own) => ({ ...own, sub: 'bruno' })),
  ],
  ['with a changed header', SIGNATURE, (g) => withPart(g.token('ada'), 0, (own) => ({ ...own, x: 1 }))],
  [
    'whose signature is in DER',
    SIGNATURE,
    (g) => resigned(g.token('ada'), {}, (input) => sign('sha256', Buffer.from(input), evil.privateKey)),
  ],
  ['whose signature is cut', SIGNATURE, (g) => g.token('ada').slice(0, -8)],
  ['with a crit that nobody knows', MALFORMED, header({ crit: ['x'], x: 1 })],
  ['with an unencoded payload', MALFORMED, header({ b64: false, crit: ['b64'] })],
  ['of the type of an access token', not('typ'), header({ typ: 'at+jwt' })],
  ['of the type of a logout token', not('typ'), header({ typ: 'logout+jwt' })],
  ['whose type is a list', not('typ'), header({ typ: ['jwt'] })],
  ['that is not yet good', not('nbf'), claims((now) => ({ nbf: now + 31 }))],
  ['whose exp is text', not('exp'), claims((now) => ({ exp: String(now + 60) }))],
  ['that is over by its payload', OVER, claims((now) => ({ exp: now - 30 }))],
  ['that is garbage', MALFORMED, () => 'a.b.c'],
  ['of two parts', MALFORMED, (g) => g.token('ada').split('.').slice(0, 2).join('.')],
  ['of five parts, as an encrypted one', MALFORMED, (g) => `${g.token('ada')}.YQ.YQ`],
  ['with a word before it', MALFORMED, (g) => `Bearer ${g.token('ada')}`],
  ['beside another', MALFORMED, (g) => `${g.token('ada')}, ${g.token('bruno')}`],
  ['in the other base64', MALFORMED, (g) => g.token('ada').replace(/^../, '+/')],
];

const ofOurs: typeof ofAny = [
  ['without iss', ISS, claims(() => ({ iss: undefined }))],
  ['of another iss', ISS, claims(() => ({ iss: 'evil.example' }))],
  ['of several iss', ISS, claims(() => ({ iss: ['portal.example.com'] }))],
  ['without aud', AUD, claims(() => ({ aud: undefined }))],
  ['for another application', AUD, claims(() => ({ aud: 'other.example.com' }))],
  ['for several others', AUD, claims(() => ({ aud: ['other.example.com', 'third.example.com'] }))],
  ['for nobody', AUD, claims(() => ({ aud: [] }))],
  ['without exp', not('exp'), claims(() => ({ exp: undefined }))],
  ['that never ends', not('exp'), claims(() => ({ exp: 1e300 }))],
  ['of 32 days', not('exp'), claims((now) => ({ exp: now + 32 * 86_400 }))],
  ['without iat', not('iat'), claims(() => ({ iat: undefined }))],
  ['dated 31 s ahead', not('iat'), claims((now) => ({ iat: now + 31 }))],
  ['of an unknown kid', KEY, header({ kid: 'other' })],
];

const ofAws: typeof ofAny = [
  ['of another load balancer', SIGNER, (g) => header({ signer: `${g.env.PROXY_JWT_AUDIENCE}0` })(g, 0)],
  [
    'of a load balancer of somebody else',
    SIGNER,
    (g) => header({ signer: g.env.PROXY_JWT_AUDIENCE?.replace('123456789012', '210987654321') })(g, 0),
  ],
  ['without signer', SIGNER, header({ signer: undefined })],
  ['whose signer is an array', SIGNER, (g) => header({ signer: [g.env.PROXY_JWT_AUDIENCE] })(g, 0)],
  [
    'whose signer is in the payload',
    SIGNER,
    (g) =>
      g.token('ada', {
        header: { signer: 'x' },
        claims: { signer: g.env.PROXY_JWT_AUDIENCE, aud: g.env.PROXY_JWT_AUDIENCE },
      }),
  ],
  ['for another client', 'the client of its JWT is not PROXY_JWT_CLIENT', header({ client: 'other' })],
  ['without client', 'the client of its JWT is not PROXY_JWT_CLIENT', header({ client: undefined })],
  ['of another iss in the header', ISS, header({ iss: 'https://evil.example' })],
  ['of another iss in the payload', ISS, claims(() => ({ iss: 'https://evil.example' }))],
  ['without exp in the header', not('exp'), header({ exp: undefined })],
  ['whose exp in the header is text', not('exp'), header({ exp: 'expiration' })],
  ['whose exp in the header never comes', not('exp'), header({ exp: 1e300 })],
  ['that is over by its header', OVER, (g, now) => header({ exp: now - 30 })(g, now)],
  ...[
    '../x',
    '..',
    '%2e%2e%2fx',
    'a/b',
    'a?b',
    'a#b',
    'a\\b',
    '@evil.example',
    'http://127.0.0.1:9/',
    'x.pem',
    '',
    'k'.repeat(65),
    7,
    null,
    ['x'],
    undefined,
  ].map((kid): [string, string, Make] => [`whose kid is ${JSON.stringify(kid)}`, KEY, header({ kid })]),
];

async function start(t: TestContext, name: GatewayName, env: Record<string, string> = {}) {
  const clock = createManualClock();
  const gateway = await startSigningGateway(t, name, clock.now);
  const service = await createTestService(t, {
    clock,
    env: { ...gateway.env, SESSION_IDLE_TIMEOUT: '10h', ...env },
  });
  const login = await service.fetch({ url: '/login', headers: gateway.headers('ada') });
  return { clock, gateway, service, cookie: cookieOf(login) };
}

/** The log's last word on why a request is not the gateway's. */
const why = (service: TestService) => service.entries('gateway.bypassed').at(-1)?.why;

for (const [name, cases] of [
  ['any', [...ofAny, ...ofOurs]],
  ['alb', [...ofAny, ...ofAws]],
] as const) {
  test(`a JWT is refused with 401 session_required, and ends nobody’s session; of ${name}, one:`, async (t) => {
    const { clock, gateway, service, cookie } = await start(t, name);
    const asked = gateway.keyPage.asked;
    for (const [what, reason, make] of cases) {
      await t.test(what, async () => {
        await clock.advance(60_000);
        const token = make(gateway, Math.floor(clock.now() / 1_000));
        const headers = { [gateway.header]: token };
        for (const url of ['/login', '/qlik-token', '/session']) {
          const answer = await service.fetch({ url, cookie, headers });
          assertProblem(answer, 401, 'session_required');
          assertKept(answer);
        }
        assert.equal(why(service), reason);
        const back = await service.fetch({ url: '/session', cookie, headers: gateway.headers('ada') });
        assert.equal(back.statusCode, 200, back.body);
        if (token.length > 20)
          for (const secret of [token, token.split('.')[1] as string])
            assert.ok(!service.logged.join().includes(secret));
      });
    }
    assert.equal(service.mints(), 0);
    assert.ok(gateway.keyPage.asked - asked <= cases.length);
  });
}

test('no kid is put into a URL but one that is as harmless as a UUID', async (t) => {
  const { gateway, service } = await start(t, 'alb');
  const paths: (string | undefined)[] = [];
  const { answer } = gateway.keyPage;
  gateway.keyPage.answer = (request, response) => {
    paths.push(request.url);
    return answer(request, response);
  };
  for (const kid of ['../x', '..', '%2e%2e', 'a/b', 'a?b', 'a\r\nb', '{kid}', '$&', 'x'.repeat(65)])
    await service.fetch({
      url: '/session',
      headers: { [gateway.header]: gateway.token('ada', { header: { kid } }) },
    });
  assert.deepEqual(paths, []);
});

describe('after its exp', () => {
  for (const name of ['any', 'alb', 'cloudflare', 'google-iap'] as const)
    test(`a JWT of ${name} is worth nothing, though it was good and is remembered`, async (t) => {
      const { clock, gateway, service, cookie } = await start(t, name);
      const headers = gateway.headers('ada');
      assert.equal((await service.fetch({ url: '/session', cookie, headers })).statusCode, 200);
      const lifetime = { any: 300, alb: 120, cloudflare: 86_400, 'google-iap': 600 }[name];
      clock.jump((lifetime + 29) * 1_000);
      const login = await service.fetch({ url: '/login', headers });
      assert.equal(login.statusCode, 303);
      clock.jump(1_000);
      assertProblem(await service.fetch({ url: '/login', headers }), 401, 'session_required');
      assert.equal(why(service), OVER);
    });
});

describe('on the wire', () => {
  const doubled: [string, (header: string, token: string, other: string) => string[]][] = [
    ['twice', (header, token, other) => [`${header}: ${token}`, `${header}: ${other}`]],
    ['twice and the same', (header, token) => [`${header}: ${token}`, `${header}: ${token}`]],
    [
      'twice, in other cases',
      (header, token, other) => [`${header.toUpperCase()}: ${other}`, `${header}: ${token}`],
    ],
    [
      'beside one with underscores',
      (header, token, other) => [`${header.replaceAll('-', '_')}: ${other}`, `${header}: ${token}`],
    ],
    ['only with underscores', (header, token) => [`${header.replaceAll('-', '_')}: ${token}`]],
    ['beside an empty one', (header, token) => [`${header}: ${token}`, `${header}:`]],
    ['joined with another', (header, token, other) => [`${header}: ${token},${other}`]],
  ];
  for (const [how, lines] of doubled)
    test(`a JWT that is there ${how} proves nobody`, async (t) => {
      const { gateway, service, cookie } = await start(t, 'alb');
      const port = Number(new URL(await service.listen()).port);
      for (const path of ['/login', '/session']) {
        const answer = await sendRaw(
          port,
          [
            `GET ${path} HTTP/1.1`,
            ...['Host: localhost', 'X-CSRF: 1', `Cookie: ${cookie}`],
            ...lines(gateway.header, gateway.token('ada'), gateway.token('bruno')),
            ...['Connection: close', '', ''],
          ].join('\r\n'),
        );
        assert.match(answer, /^HTTP\/1\.1 401 .*"code":"session_required"/s);
        assert.doesNotMatch(answer, /^set-cookie/im);
      }
      assert.match(String(why(service)), /twice, or beside a look-alike|not well-formed/);
    });

  test('one of 12 kB is read, and beyond 16 KiB of head it is 431', async (t) => {
    const { gateway, service } = await start(t, 'alb');
    const port = Number(new URL(await service.listen()).port);
    const ask = (length: number) => {
      const token = gateway.token('ada', { claims: { address: 'x'.repeat(length) } });
      const lines = ['GET /login HTTP/1.1', 'Host: localhost', `${gateway.header}: ${token}`];
      return sendRaw(port, [...lines, 'Connection: close', '', ''].join('\r\n'));
    };
    assert.match(await ask(9_000), /^HTTP\/1\.1 303 /);
    assert.match(await ask(12_500), /^HTTP\/1\.1 431 /);
  });
});

describe('TRUSTED_PROXIES', () => {
  test('given, is where a JWT counts from: one that leaked opens nothing past the gateway', async (t) => {
    const { gateway, service, cookie } = await start(t, 'any');
    const past = {
      remoteAddress: '203.0.113.9',
      headers: { ...gateway.headers('ada'), 'x-forwarded-for': '127.0.0.1' },
    };
    for (const url of ['/login', '/session'])
      assertProblem(await service.fetch({ url, cookie, ...past }), 401, 'session_required');
    assert.deepEqual(
      service.entries('gateway.bypassed').map(({ why, peer }) => [why, peer]),
      [['its address is not in TRUSTED_PROXIES', '203.0.113.9']],
    );
  });

  test('not given, the signature alone proves the gateway', async (t) => {
    const { gateway, service } = await start(t, 'any', { TRUSTED_PROXIES: '' });
    const call = { remoteAddress: '203.0.113.9', headers: gateway.headers('ada') };
    assert.equal((await service.fetch({ url: '/login', ...call })).statusCode, 303);
  });
});

test('whoever is named may sign out everywhere, and nobody else may for them', async (t) => {
  const { gateway, service, cookie } = await start(t, 'any');
  const enter = async () => cookieOf(await service.fetch({ url: '/login', headers: gateway.headers('ada') }));
  const logout = (user: string | undefined, own: string) =>
    service.fetch({
      method: 'POST',
      url: '/logout',
      cookie: own,
      headers: user === undefined ? {} : gateway.headers(user),
      payload: { everywhere: true },
    });
  const seen = async (own: string) =>
    (await service.fetch({ url: '/session', cookie: own, headers: gateway.headers('ada') })).statusCode;

  const [second, third, fourth] = [await enter(), await enter(), await enter()];
  await logout(undefined, second);
  await logout('bruno', third);
  assert.deepEqual(
    [await seen(second), await seen(third), await seen(fourth), await seen(cookie)],
    [401, 401, 200, 200],
  );
  await logout('ada', fourth);
  assert.deepEqual([await seen(fourth), await seen(cookie)], [401, 401]);
});
