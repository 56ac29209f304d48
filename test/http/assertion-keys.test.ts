import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { describe, type TestContext, test } from 'node:test';
import { assertProblem } from '../session/browser.ts';
import {
  createSigner,
  HEADER,
  type KeyPage,
  type Signer,
  spki,
  startKeyPage,
} from '../support/assertions.ts';
import { jwt, rs256, type SigningKey, signingKey } from '../support/jwt.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
import { createTestService, freePort, type TestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';

interface Bench {
  readonly clock: ManualClock;
  readonly signer: Signer;
  readonly page: KeyPage;
  readonly service: TestService;
  /** What an assertion is answered that this key signed under this name. */
  post(key?: SigningKey, kid?: string): ReturnType<TestService['fetch']>;
  /** `/readyz`’s word on the portal. */
  idp(): Promise<string>;
}

/** A service that knows the portal by where it publishes its keys, after it asked for them. */
async function start(t: TestContext, answer?: KeyPage['answer']): Promise<Bench> {
  const clock = createManualClock();
  const signer = createSigner(clock.now);
  const page = await startKeyPage(t, { keys: [signer.key.jwk] });
  if (answer) page.answer = answer;
  const { ASSERTION_PUBLIC_KEY: _, ...env } = signer.env;
  const service = await createTestService(t, {
    clock,
    env: { ...env, ASSERTION_JWKS_URL: page.url, RATE_LIMIT_SIGN_IN: '100000/min' },
  });
  await until(() => page.asked === 1);
  return {
    ...{ clock, signer, page, service },
    post: (key = signer.key, kid = key.kid) =>
      service.fetch({
        method: 'POST',
        url: '/session',
        headers: { authorization: `Bearer ${jwt({ ...HEADER, kid }, signer.claims(), rs256(key))}` },
      }),
    idp: async () => (await service.fetch({ url: '/readyz' })).json().checks.idp,
  };
}

const publish =
  (...keys: object[]): KeyPage['answer'] =>
  (_request, response) =>
    response.end(JSON.stringify({ keys }));
const status =
  (code: number, headers = {}) =>
  (_: unknown, response: ServerResponse) =>
    response.writeHead(code, headers).end('{}');

describe('the keys that a portal publishes', () => {
  test('are asked for at the start, and verify', async (t) => {
    const { page, post, idp } = await start(t);
    assert.equal((await post()).statusCode, 204);
    assert.equal((await post()).statusCode, 204);
    assert.equal(page.asked, 1);
    assert.equal(await idp(), 'ok');
  });

  test('given a new one, are asked for again, once per 30 s however many are unknown', async (t) => {
    const { clock, page, post } = await start(t);
    const next = signingKey('k2');
    await post();
    for (let n = 0; n < 200; n += 1) assertProblem(await post(next, `x${n}`), 401, 'assertion_invalid');
    assert.equal(page.asked, 1);
    page.answer = publish(next.jwk);
    clock.jump(30_000);
    for (let n = 0; n < 200; n += 1) assertProblem(await post(next, `y${n}`), 401, 'assertion_invalid');
    assert.equal(page.asked, 2);
    assert.equal((await post(next)).statusCode, 204);
    assertProblem(await post(), 401, 'assertion_invalid');
  });

  test('need not be named: each that fits is tried', async (t) => {
    const other = signingKey('k0');
    const mine = signingKey('k1');
    const { kid: _, ...unnamed } = mine.jwk;
    const { service, signer } = await start(t, publish(other.jwk, unnamed));
    const post = (key: SigningKey) => {
      const token = jwt({ ...HEADER, kid: undefined }, signer.claims(), rs256(key));
      return service.fetch({
        method: 'POST',
        url: '/session',
        headers: { authorization: `Bearer ${token}` },
      });
    };
    assert.equal((await post(mine)).statusCode, 204);
    assert.equal((await post(other)).statusCode, 204);
    assertProblem(await post(signingKey('k1')), 401, 'assertion_invalid');
  });

  test('that are private, symmetric or too small verify nothing', async (t) => {
    const small = signingKey('small', 1024);
    const mine = signingKey('k1');
    const secret = { kty: 'oct', kid: 'shared', k: Buffer.from('s'.repeat(32)).toString('base64url') };
    const { post } = await start(
      t,
      publish({ ...mine.privateKey.export({ format: 'jwk' }), kid: 'k1' }, secret, small.jwk),
    );
    assertProblem(await post(mine), 502, 'idp_bad_response');
    assertProblem(await post(mine, 'shared'), 401, 'assertion_invalid');
    assertProblem(await post(small), 502, 'idp_bad_response');
  });
});

describe('when the portal does not tell its keys', () => {
  const troubles: [string, KeyPage['answer'], number, string][] = [
    ['answers 500', status(500), 503, 'idp_unavailable'],
    ['answers 429', status(429), 503, 'idp_unavailable'],
    ['resets the connection', (_, response) => response.destroy(), 503, 'idp_unavailable'],
    ['answers 404', status(404), 502, 'idp_bad_response'],
    ['answers HTML', (_, response) => response.end('<h1>Portal</h1>'), 502, 'idp_bad_response'],
    ['answers no JWK Set', (_, response) => response.end('{"keys":"k1"}'), 502, 'idp_bad_response'],
    ['answers null', (_, response) => response.end('null'), 502, 'idp_bad_response'],
    ['has keys of text', (_, response) => response.end('{"keys":["k1"]}'), 502, 'idp_bad_response'],
    ['answers 1 MB', (_, response) => response.end('x'.repeat(1_000_000)), 502, 'idp_bad_response'],
  ];
  for (const [what, answer, expected, code] of troubles) {
    test(`since it ${what}, nobody is told to sign in again: ${expected}`, async (t) => {
      const { page, post, idp, service } = await start(t, answer);
      for (let n = 0; n < 20; n += 1) assertProblem(await post(), expected, code);
      assert.equal(page.asked, 1);
      assert.equal(await idp(), 'failing');
      assert.equal(service.entries('portal_keys.troubled').length, 1);
      assert.equal(service.entries('login.refused').length, 0);
    });
  }

  test('its redirects are not followed', async (t) => {
    const elsewhere = await startKeyPage(t, { keys: [signingKey('k1').jwk] });
    const { post } = await start(t, status(302, { location: elsewhere.url }));
    assertProblem(await post(), 502, 'idp_bad_response');
    assert.equal(elsewhere.asked, 0);
  });

  test('it is asked again by itself, and the sign-in works once it answers', async (t) => {
    const { clock, page, post, idp, service, signer } = await start(t, status(503));
    assertProblem(await post(), 503, 'idp_unavailable');
    page.answer = publish(signer.key.jwk);
    await clock.advance(31_000);
    await until(async () => (await idp()) === 'ok');
    assert.equal(page.asked, 2);
    assert.equal((await post()).statusCode, 204);
    assert.equal(service.entries('portal_keys.recovered').length, 1);
  });

  test('those that are known stay, and of an unknown one nobody says that it is wrong', async (t) => {
    const { clock, page, post } = await start(t);
    await post();
    page.answer = status(503);
    clock.jump(24 * 60 * 60_000);
    assert.equal((await post()).statusCode, 204);
    assertProblem(await post(signingKey('k2')), 503, 'idp_unavailable');
    assert.equal(page.asked, 2);
  });

  test('the service starts all the same, and stops', async (t) => {
    const { ASSERTION_PUBLIC_KEY: _, ...env } = createSigner().env;
    const url = `http://127.0.0.1:${await freePort()}/jwks.json`;
    const service = await createTestService(t, { env: { ...env, ASSERTION_JWKS_URL: url } });
    await until(() => service.entries('portal_keys.troubled').length === 1);
    assert.equal((await service.fetch({ url: '/readyz' })).statusCode, 200);
  });
});

describe('keys that the setting holds', () => {
  const pairs: [string, string, { privateKey: KeyObject; publicKey: KeyObject }][] = [
    ['RSA', 'RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['RSA', 'PS512', generateKeyPairSync('rsa', { modulusLength: 3072 })],
    ['P-256', 'ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['P-384', 'ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['P-521', 'ES512', generateKeyPairSync('ec', { namedCurve: 'P-521' })],
    ['Ed25519', 'EdDSA', generateKeyPairSync('ed25519')],
    ['Ed25519', 'Ed25519', generateKeyPairSync('ed25519')],
  ];
  for (const [type, alg, { privateKey, publicKey }] of pairs) {
    test(`verify ${alg} of ${type}, as PEM and as JWK`, async (t) => {
      const signer = createSigner();
      const hash = alg.startsWith('Ed') ? null : `sha${alg.slice(-3)}`;
      const token = () =>
        jwt({ ...HEADER, alg }, signer.claims(), (input) =>
          sign(hash, Buffer.from(input), {
            key: privateKey,
            dsaEncoding: 'ieee-p1363',
            ...(alg.startsWith('PS') && { padding: 6, saltLength: Number(alg.slice(-3)) / 8 }),
          }),
        );
      for (const written of [
        publicKey.export({ type: 'spki', format: 'pem' }).toString(),
        JSON.stringify({ ...publicKey.export({ format: 'jwk' }), kid: 'mine', use: 'sig' }),
      ]) {
        const service = await createTestService(t, { env: { ...signer.env, ASSERTION_PUBLIC_KEY: written } });
        const headers = { authorization: `Bearer ${token()}` };
        const response = await service.fetch({ method: 'POST', url: '/session', headers });
        assert.equal(response.statusCode, 204, response.body);
      }
    });
  }

  test('both verify while one replaces the other, and nobody is asked', async (t) => {
    const [old, next, other] = [signingKey('a'), signingKey('a'), signingKey('a')];
    const signer = createSigner();
    const service = await createTestService(t, {
      env: { ...signer.env, ASSERTION_PUBLIC_KEY: `${spki(old)}\n${spki(next)}` },
    });
    const post = (key: SigningKey) => {
      const headers = { authorization: `Bearer ${jwt(HEADER, signer.claims(), rs256(key))}` };
      return service.fetch({ method: 'POST', url: '/session', headers });
    };
    assert.equal((await post(old)).statusCode, 204);
    assert.equal((await post(next)).statusCode, 204);
    assertProblem(await post(other), 401, 'assertion_invalid');
    assert.equal((await service.fetch({ url: '/readyz' })).json().checks.idp, undefined);
  });
});
