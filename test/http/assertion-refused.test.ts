import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { assertKept, assertProblem } from '../session/browser.ts';
import { createSigner, HEADER, type Signer, spki } from '../support/assertions.ts';
import { hs256, jwt, rs256, signingKey, unsigned } from '../support/jwt.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createTestService } from '../support/test-service.ts';

type Claims = Record<string, unknown>;
type Make = (signer: Signer, now: number) => string;

const evil = signingKey('k1');
const evilJwk = { ...evil.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256' };
const evilHeader = (extra: Claims) => (signer: Signer) =>
  jwt({ ...HEADER, ...extra }, signer.claims(), rs256(evil));

const claims =
  (make: (now: number) => Claims): Make =>
  (signer, now) =>
    signer.assertion(make(now));
const header =
  (extra: Claims): Make =>
  (signer) =>
    signer.assertion({}, extra);
/** Signed by the portal's key, whatever the payload is. */
const payload =
  (text: string): Make =>
  ({ key }) =>
    jwt(HEADER, text, rs256(key));
const es256 = (input: string) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
};

/** What nobody but an attacker or a broken portal sends, and the word of the answer's `detail` that says why. */
const refused: [string, RegExp, Make][] = [
  // Who signed, and how.
  ['of alg none', /Send one JWT/, (s) => jwt({ ...HEADER, alg: 'none' }, s.claims(), unsigned)],
  ['of alg none with a signature', /alg/, header({ alg: 'none' })],
  ['of alg None', /alg/, header({ alg: 'None' })],
  ['without alg', /well-formed/, header({ alg: undefined })],
  ['whose alg is an array', /well-formed/, header({ alg: ['RS256'] })],
  ...['HS256', 'HS384', 'HS512'].map((alg): [string, RegExp, Make] => [
    `of ${alg} with the public key’s PEM`,
    /alg/,
    (s) => jwt({ ...HEADER, alg }, s.claims(), hs256(spki(s.key))),
  ]),
  [
    'of HS256 with the public key’s DER',
    /alg/,
    (s) =>
      jwt(
        { ...HEADER, alg: 'HS256' },
        s.claims(),
        hs256(s.key.publicKey.export({ type: 'spki', format: 'der' })),
      ),
  ],
  [
    'of HS256 with the public modulus',
    /alg/,
    (s) =>
      jwt({ ...HEADER, alg: 'HS256' }, s.claims(), hs256(Buffer.from(s.key.jwk.n as string, 'base64url'))),
  ],
  ['of HS256 with no key', /alg/, (s) => jwt({ ...HEADER, alg: 'HS256' }, s.claims(), hs256(''))],
  ['of ES256, for a key of RSA', /key/, (s) => jwt({ ...HEADER, alg: 'ES256' }, s.claims(), es256)],
  ['of EdDSA, for a key of RSA', /key/, header({ alg: 'EdDSA' })],
  ['that says PS256 and is RS256', /signature/, header({ alg: 'PS256' })],
  ['that says RS512 and is RS256', /signature/, header({ alg: 'RS512' })],
  ['of RSA-OAEP', /alg/, header({ alg: 'RSA-OAEP' })],
  ['signed by somebody else', /signature/, (s) => jwt(HEADER, s.claims(), rs256(evil))],
  ['with somebody else’s jwk', /signature/, evilHeader({ jwk: evilJwk })],
  ['with somebody else’s jku', /signature/, evilHeader({ jku: 'http://127.0.0.1:9/jwks.json' })],
  ['with somebody else’s x5u', /signature/, evilHeader({ x5u: 'http://127.0.0.1:9/x.pem' })],
  ['with somebody else’s x5c', /signature/, evilHeader({ x5c: ['MIIB'] })],
  ['with a changed payload', /signature/, (s) => withPart(s.assertion(), 1, { ...s.claims(), sub: 'bruno' })],
  ['with a changed header', /signature/, (s) => withPart(s.assertion(), 0, { ...HEADER, kid: 'k2' })],
  ['whose signature is cut', /signature/, (s) => s.assertion().slice(0, -8)],
  // What the header asks for.
  ['with a crit that nobody knows', /well-formed/, header({ crit: ['x'], x: 1 })],
  ['with an empty crit', /well-formed/, header({ crit: [] })],
  ['with an unencoded payload', /well-formed/, header({ b64: false, crit: ['b64'] })],
  ['of the type of an access token', /typ/, header({ typ: 'at+jwt' })],
  ['of the type of a logout token', /typ/, header({ typ: 'logout+jwt' })],
  ['whose type is no text', /typ|well-formed/, header({ typ: { jwt: true } })],
  ['whose type is a list', /typ|well-formed/, header({ typ: ['jwt'] })],
  // For whom, by whom.
  ['without iss', /iss/, claims(() => ({ iss: undefined }))],
  ['of another iss', /iss/, claims(() => ({ iss: 'https://evil.example' }))],
  ['of an iss with a slash more', /iss/, claims(() => ({ iss: 'https://portal.example.com/' }))],
  ['of several iss', /iss/, claims(() => ({ iss: ['https://portal.example.com'] }))],
  ['without aud', /aud/, claims(() => ({ aud: undefined }))],
  ['for another aud', /aud/, claims(() => ({ aud: 'https://other.example' }))],
  [
    'for others only',
    /aud/,
    claims(() => ({ aud: ['https://other.example', 'https://portal.example.com'] })),
  ],
  ['for nobody', /aud/, claims(() => ({ aud: [] }))],
  ['for an aud in another case', /aud/, claims(() => ({ aud: 'HTTPS://broker.example.com' }))],
  // When.
  ['without iat', /iat/, claims(() => ({ iat: undefined }))],
  ['without exp', /exp/, claims(() => ({ exp: undefined }))],
  ['of 301 s', /exp/, claims((iat) => ({ iat, exp: iat + 301 }))],
  ['of a part of a second more than 300', /exp/, claims((iat) => ({ iat, exp: iat + 300.01 }))],
  ['of a day', /exp/, claims((iat) => ({ iat, exp: iat + 86_400 }))],
  ['that never ends', /exp/, claims(() => ({ exp: 1e300 }))],
  ['in milliseconds', /iat/, claims((now) => ({ iat: now * 1_000, exp: now * 1_000 + 60_000 }))],
  ['that was over 30 s ago', /over/, claims((now) => ({ iat: now - 90, exp: now - 30 }))],
  ['dated 31 s ahead', /iat/, claims((now) => ({ iat: now + 31, exp: now + 91 }))],
  ['dated ahead, to live longer', /iat/, claims((now) => ({ iat: now + 3_600, exp: now + 3_900 }))],
  ['dated back for ever', /exp|iat/, claims((now) => ({ iat: -1e300, exp: now + 60 }))],
  ['that is not yet good', /nbf/, claims((now) => ({ nbf: now + 31 }))],
  ['whose exp is text', /exp/, claims((now) => ({ exp: String(now + 60) }))],
  ['whose iat is text', /iat/, claims((now) => ({ iat: String(now) }))],
  ['whose nbf is text', /nbf/, claims((now) => ({ nbf: String(now) }))],
  ['whose exp is null', /exp/, claims(() => ({ exp: null }))],
  ['whose exp is infinite', /exp/, (s, now) => jwt(HEADER, infinite(s.claims({ iat: now })), rs256(s.key))],
  // Once.
  ['without jti', /jti/, claims(() => ({ jti: undefined }))],
  ['with an empty jti', /jti/, claims(() => ({ jti: '' }))],
  ['with a jti of 256 characters', /jti/, claims(() => ({ jti: 'x'.repeat(256) }))],
  ['whose jti is a number', /jti/, claims(() => ({ jti: 7 }))],
  ['whose jti is an array', /jti/, claims(() => ({ jti: ['a'] }))],
  ['whose jti is null', /jti/, claims(() => ({ jti: null }))],
  // Who.
  ['without sub', /CLAIM_ID/, claims(() => ({ sub: undefined }))],
  ['with an empty sub', /CLAIM_ID/, claims(() => ({ sub: '' }))],
  ['whose sub is a number', /CLAIM_ID/, claims(() => ({ sub: 7 }))],
  ['whose sub is an array', /CLAIM_ID/, claims(() => ({ sub: ['ada'] }))],
  ['whose sub has a line break', /CLAIM_ID/, claims(() => ({ sub: 'ada\r\nset-cookie: x' }))],
  ['with a sub of 257 characters', /CLAIM_ID/, claims(() => ({ sub: 'x'.repeat(257) }))],
  // What is no JWT.
  ['whose payload is no JSON', /well-formed/, payload('nonsense')],
  ['whose payload is an array', /well-formed/, payload('[]')],
  ['whose payload is null', /well-formed/, payload('null')],
  ['whose payload is text', /well-formed/, payload('"ada"')],
  ['whose payload is empty', /Send one JWT/, payload('')],
  ['whose duplicate aud ends with another', /aud/, (s) => jwt(HEADER, twice(s.claims()), rs256(s.key))],
  ['that is garbage', /well-formed/, () => 'a.b.c'],
  ['of two parts', /Send one JWT/, (s) => s.assertion().split('.').slice(0, 2).join('.')],
  ['of five parts, as an encrypted one', /Send one JWT/, (s) => `${s.assertion()}.YQ.YQ`],
  ['that is empty', /Send one JWT/, () => ''],
  ['of line noise', /Send one JWT/, () => '\u00e4.{}.;'],
];

test('an assertion is refused with 401 assertion_invalid, and signs nobody in or out:', async (t) => {
  const clock = createManualClock();
  const signer = createSigner(clock.now);
  const service = await createTestService(t, {
    clock,
    env: { ...signer.env, RATE_LIMIT_SIGN_IN: '1000/min' },
  });
  const post = (token: string, cookie = '') =>
    service.app.inject({
      method: 'POST',
      url: '/session',
      headers: { authorization: `Bearer ${token}`, cookie },
    });
  const loggedIn = await post(signer.assertion());
  const cookie = String(loggedIn.headers['set-cookie']).split(';', 1)[0] as string;

  for (const [what, why, make] of refused) {
    await t.test(what, async () => {
      const response = await post(make(signer, clock.now() / 1_000), cookie);
      assertProblem(response, 401, 'assertion_invalid');
      assert.match(response.json().detail, why);
      assertKept(response);
      assert.equal((await service.fetch({ url: '/session', cookie })).json().user.id, 'ada');
    });
  }
});

function withPart(token: string, index: number, value: Claims): string {
  const parts = token.split('.');
  parts[index] = Buffer.from(JSON.stringify(value)).toString('base64url');
  return parts.join('.');
}

function infinite(given: Claims): string {
  return JSON.stringify({ ...given, exp: 0 }).replace('"exp":0', '"exp":1e999');
}

/** As JSON parsers read it that keep the last of two members (RFC 7519 §4). */
function twice(given: Claims): string {
  return JSON.stringify(given).replace(/}$/, ',"aud":"https://other.example"}');
}
