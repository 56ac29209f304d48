import assert from 'node:assert/strict';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { describe, type TestContext, test } from 'node:test';
import { assertProblem } from '../session/browser.ts';
import type { KeyPage } from '../support/assertions.ts';
import { createManualClock } from '../support/manual-clock.ts';
import {
  type GatewayName,
  newKey,
  startSigningGateway,
  type TokenChanges,
} from '../support/signing-gateways.ts';
import { createTestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';

async function start(t: TestContext, name: GatewayName, answer?: KeyPage['answer']) {
  const clock = createManualClock();
  const gateway = await startSigningGateway(t, name, clock.now);
  const usual = gateway.keyPage.answer;
  if (answer) gateway.keyPage.answer = answer;
  const service = await createTestService(t, { clock, env: gateway.env });
  const login = (user = 'ada', changes: TokenChanges = {}) =>
    service.fetch({ url: '/login', headers: { [gateway.header]: gateway.token(user, changes) } });
  return {
    ...{ clock, gateway, service, usual, login },
    async idp(): Promise<string> {
      return (await service.fetch({ url: '/readyz' })).json().checks.idp;
    },
  };
}

const status = (code: number) => (_: unknown, response: ServerResponse) => response.writeHead(code).end('{}');
const ES256_PRIVATE = newKey().privateKey.export({ type: 'pkcs8', format: 'pem' });
const WRONG_PEM = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({
  type: 'spki',
  format: 'pem',
});
const RSA_1024 = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({
  type: 'spki',
  format: 'pem',
});

describe('the keys of a gateway', () => {
  for (const name of ['any', 'alb'] as const) {
    test(`${name}: 1,000 requests with garbage have them asked for once, and nobody who is signed in notices`, async (t) => {
      const { gateway, service, login, clock } = await start(t, name);
      assert.equal((await login()).statusCode, 303);
      const own = gateway.headers('bruno');
      assert.equal((await service.fetch({ url: '/login', headers: own })).statusCode, 303);
      clock.jump(30_000);
      const { asked } = gateway.keyPage;
      const evil = newKey();
      // Each names a key of its own.
      const signed = gateway.token('eve', { key: evil.privateKey, header: { kid: 'XXXXXXXX' } });
      const [head = '', ...rest] = signed.split('.');
      const text = Buffer.from(head, 'base64url').toString();
      const codes = new Set<number>();
      for (let n = 0; n < 1_000; n += 1) {
        const named = Buffer.from(text.replace('XXXXXXXX', String(n).padStart(8, '0'))).toString('base64url');
        const answer = await service.fetch({
          url: '/session',
          headers: { [gateway.header]: [named, ...rest].join('.') },
        });
        codes.add(answer.statusCode);
      }
      assert.equal(gateway.keyPage.asked, asked + 1);
      // Of a key that cannot be looked for now, nobody says that it is wrong.
      assert.deepEqual([...codes], name === 'any' ? [401] : [401, 503]);
      assert.equal((await service.fetch({ url: '/login', headers: own })).statusCode, 303);
      assert.equal((await login('ada')).statusCode, 303);
    });

    test(`${name}: a new one is believed at once, and the old one while it is published`, async (t) => {
      const { gateway, service, login, clock } = await start(t, name);
      const old = gateway.headers('ada');
      assert.equal((await service.fetch({ url: '/login', headers: old })).statusCode, 303);
      clock.jump(30_000);
      gateway.changeKey({ beside: true });
      assert.equal((await login('bruno')).statusCode, 303);
      assert.equal((await service.fetch({ url: '/login', headers: old })).statusCode, 303);
    });

    test(`${name}: those that are known stay while it does not tell them, and no request waits for it`, async (t) => {
      const { gateway, service, login, clock, idp } = await start(t, name);
      await login();
      gateway.keyPage.answer = status(503);
      for (let hour = 0; hour < 3; hour += 1) {
        clock.jump(3_600_000);
        assert.equal((await login()).statusCode, 303);
      }
      await until(async () => (await idp()) === 'failing');
      assert.equal(service.entries('portal_keys.troubled').length, 1);
      assertProblem(await login('ada', { header: { kid: randomUUID() } }), 503, 'idp_unavailable');
    });
  }

  test('any: a JWT that is remembered is refused once its key is withdrawn, which is noticed after ten minutes', async (t) => {
    const { gateway, service, clock } = await start(t, 'cloudflare');
    const own = gateway.headers('ada');
    const ask = async () => (await service.fetch({ url: '/login', headers: own })).statusCode;
    assert.equal(await ask(), 303);
    gateway.changeKey();
    clock.jump(10 * 60_000);
    await until(async () => (await ask()) === 401);
    assert.equal(gateway.keyPage.asked, 2);
  });

  test('alb: a key that AWS has withdrawn verifies nothing any more, ten minutes later', async (t) => {
    const { gateway, login, clock } = await start(t, 'alb');
    await login();
    gateway.keyPage.answer = status(404);
    clock.jump(10 * 60_000);
    assertProblem(await login(), 401, 'session_required');
  });

  test('alb: an old one that is forbidden was withdrawn, and that is no trouble', async (t) => {
    const { gateway, service, login, clock, idp } = await start(t, 'alb');
    const exp = Math.floor(clock.wall() / 1_000) + 3_600;
    const old = { [gateway.header]: gateway.token('ada', { header: { exp }, claims: { exp } }) };
    const ask = async () => (await service.fetch({ url: '/login', headers: old })).statusCode;
    assert.equal(await ask(), 303);
    gateway.changeKey();
    assert.equal((await login()).statusCode, 303);
    assert.equal(await ask(), 303);
    clock.jump(10 * 60_000);
    await until(async () => (await ask()) === 401);
    assert.equal(await idp(), 'ok');
    assert.equal(service.entries('portal_keys.troubled').length, 0);
  });

  test('alb: when the newest is forbidden, all may be: it stays', async (t) => {
    const { gateway, login, clock } = await start(t, 'alb');
    await login();
    gateway.keyPage.answer = status(403);
    clock.jump(10 * 60_000);
    assert.equal((await login()).statusCode, 303);
  });

  test('alb: two that AWS knows are both had at once', async (t) => {
    const { gateway, service } = await start(t, 'alb');
    const first = gateway.headers('ada');
    gateway.changeKey({ beside: true });
    const logins = [first, gateway.headers('bruno')].map((headers) =>
      service.fetch({ url: '/login', headers }),
    );
    assert.deepEqual(
      (await Promise.all(logins)).map(({ statusCode }) => statusCode),
      [303, 303],
    );
    assert.equal(gateway.keyPage.asked, 2);
  });

  test('alb: who does not know load balancer, issuer and client has none looked for', async (t) => {
    const { gateway, login } = await start(t, 'alb');
    for (const name of ['signer', 'iss', 'client'])
      await login('ada', { header: { [name]: 'x', kid: randomUUID() } });
    assert.equal(gateway.keyPage.asked, 0);
  });

  test('alb: what is said of an unknown one marks nobody as failing', async (t) => {
    const { login, idp } = await start(t, 'alb');
    assertProblem(await login('ada', { header: { kid: randomUUID() } }), 401, 'session_required');
    assert.equal(await idp(), 'ok');
  });
});

describe('when a gateway does not tell its keys, nobody is told to sign in again:', () => {
  const troubles: [string, KeyPage['answer'], number, string][] = [
    ['it answers 500', status(500), 503, 'idp_unavailable'],
    ['it answers 429', status(429), 503, 'idp_unavailable'],
    ['it resets the connection', (_, response) => response.destroy(), 503, 'idp_unavailable'],
    ['it answers 401', status(401), 502, 'idp_bad_response'],
    [
      'it redirects',
      (_, response) => response.writeHead(302, { location: '/' }).end(),
      502,
      'idp_bad_response',
    ],
    ['it answers HTML', (_, response) => response.end('<h1>Portal</h1>'), 502, 'idp_bad_response'],
    ['it answers 1 MB', (_, response) => response.end('x'.repeat(1_000_000)), 502, 'idp_bad_response'],
    ['it answers a private key', (_, response) => response.end(ES256_PRIVATE), 502, 'idp_bad_response'],
    ['it answers a key of another curve', (_, response) => response.end(WRONG_PEM), 502, 'idp_bad_response'],
    ['it answers RSA of 1024 bits', (_, response) => response.end(RSA_1024), 502, 'idp_bad_response'],
  ];
  for (const name of ['any', 'alb'] as const)
    for (const [what, answer, code, problem] of troubles)
      test(`${name}, ${what}`, async (t) => {
        const { gateway, service, login, idp, clock, usual } = await start(t, name, answer);
        for (let n = 0; n < 20; n += 1) assertProblem(await login(), code, problem);
        assert.equal(gateway.keyPage.asked, 1);
        assert.equal(await idp(), 'failing');
        assert.equal(service.entries('gateway.bypassed').length, 0);
        gateway.keyPage.answer = usual;
        await clock.advance(31_000);
        await until(async () => (await login()).statusCode === 303);
        assert.equal(await idp(), 'ok');
      });

  test('alb, the key is of another kind than its JWT says', async (t) => {
    const { login } = await start(t, 'alb', (_, response) =>
      response.end(newKey('RS256').publicKey.export({ type: 'spki', format: 'pem' })),
    );
    assertProblem(await login(), 401, 'session_required');
  });
});
