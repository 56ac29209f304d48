import assert from 'node:assert/strict';
import { KeyObject, randomUUID } from 'node:crypto';
import { before, describe, it, type TestContext } from 'node:test';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { type Answer, call, credentials, IMPERSONATION, postToken, startSandbox } from './tenant-client.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const NOW = Date.UTC(2030, 5, 1);
const NOW_SECONDS = NOW / 1000;
const ADA = { grant_type: IMPERSONATION, user_lookup: { field: 'subject', value: 'ada' } };

function basic(id: string, secret: string): { authorization: string } {
  const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

it('a secret is taken from the body or from HTTP Basic', async (t) => {
  const sandbox = await startSandbox(t);
  const { clientId, clientSecret } = sandbox.impersonationClient;
  assert.equal(
    (await postToken(sandbox, { ...credentials(sandbox.impersonationClient), ...ADA })).status,
    200,
  );
  assert.equal((await postToken(sandbox, ADA, basic(clientId, clientSecret))).status, 200);
  const withId = { ...ADA, client_id: clientId };
  assert.equal((await postToken(sandbox, withId, basic(clientId, clientSecret))).status, 200);
});

it('a wrong, foreign, empty or missing secret is a 401', async (t) => {
  const sandbox = await startSandbox(t);
  const { clientId, clientSecret } = sandbox.impersonationClient;
  const wrong = sandbox.managementClient.clientSecret;
  for (const secret of [wrong, '', `${clientSecret}0`, clientSecret.toUpperCase()]) {
    assert.equal(
      (await postToken(sandbox, { ...ADA, client_id: clientId, client_secret: secret })).status,
      401,
    );
    assert.equal((await postToken(sandbox, ADA, basic(clientId, secret))).status, 401);
  }
  assert.equal((await postToken(sandbox, { ...ADA, client_id: clientId })).status, 401);
  for (const authorization of ['Basic', 'Basic !', 'Basic bm9jb2xvbg==', 'Basic JTo=', 'Bearer x.y.z']) {
    assert.equal((await postToken(sandbox, ADA, { authorization })).status, 401, authorization);
  }
});

it('two ways at once, or ids that contradict each other, are a 400', async (t) => {
  const sandbox = await startSandbox(t);
  const { clientId, clientSecret } = sandbox.impersonationClient;
  const header = basic(clientId, clientSecret);
  const inBody = credentials(sandbox.impersonationClient);
  assert.equal((await postToken(sandbox, { ...ADA, ...inBody }, header)).status, 400);
  const assertion = { client_assertion: 'x', client_assertion_type: ASSERTION_TYPE };
  assert.equal((await postToken(sandbox, { ...ADA, ...inBody, ...assertion })).status, 400);
  assert.equal((await postToken(sandbox, { ...ADA, client_id: 'other' }, header)).status, 400);
});

describe('private_key_jwt', () => {
  let keys: { alg: string; privateKey: CryptoKey; publicKey: JWK }[];

  before(async () => {
    keys = await Promise.all(
      ['ES384', 'RS256', 'RS512'].map(async (alg) => {
        const pair = await generateKeyPair(alg, { extractable: true });
        const publicKey = { ...(await exportJWK(pair.publicKey)), kid: `key-${alg}`, use: 'sig', alg };
        return { alg, privateKey: pair.privateKey, publicKey };
      }),
    );
  });

  const start = (t: TestContext) =>
    startSandbox(t, { now: () => NOW, publicKeys: keys.map((key) => key.publicKey) });

  interface Variation {
    claims?: Record<string, unknown>;
    header?: Record<string, unknown>;
    key?: CryptoKey | KeyObject | Uint8Array;
  }

  /** A correct assertion, signed with the first key, but for what the variation says. */
  function assertion(sandbox: Sandbox, { claims = {}, header = {}, key }: Variation = {}): Promise<string> {
    const { clientId } = sandbox.impersonationClient;
    const payload = {
      iss: clientId,
      sub: clientId,
      aud: `${sandbox.url}/oauth/token`,
      jti: randomUUID(),
      iat: NOW_SECONDS,
      exp: NOW_SECONDS + 300,
      ...claims,
    };
    const signer = new SignJWT(payload as JWTPayload);
    signer.setProtectedHeader({ alg: 'ES384', kid: 'key-ES384', ...header });
    return signer.sign(key ?? (keys[0]?.privateKey as CryptoKey));
  }

  function send(sandbox: Sandbox, jwt: string, more: object = {}): Promise<Answer> {
    return postToken(sandbox, {
      ...ADA,
      client_assertion: jwt,
      client_assertion_type: ASSERTION_TYPE,
      ...more,
    });
  }

  it('is accepted with each of the three algorithms, with or without client_id', async (t) => {
    const sandbox = await start(t);
    for (const { alg, privateKey } of keys) {
      const jwt = await assertion(sandbox, { header: { alg, kid: `key-${alg}` }, key: privateKey });
      assert.equal((await send(sandbox, jwt)).status, 200, alg);
    }
    const { clientId } = sandbox.impersonationClient;
    assert.equal((await send(sandbox, await assertion(sandbox), { client_id: clientId })).status, 200);
    assert.equal((await send(sandbox, await assertion(sandbox), { client_id: 'other' })).status, 400);
  });

  it('is refused the second time', async (t) => {
    const sandbox = await start(t);
    const jwt = await assertion(sandbox);
    assert.equal((await send(sandbox, jwt)).status, 200);
    assert.equal((await send(sandbox, jwt)).status, 401);
    const jti = randomUUID();
    assert.equal((await send(sandbox, await assertion(sandbox, { claims: { jti } }))).status, 200);
    assert.equal(
      (await send(sandbox, await assertion(sandbox, { claims: { jti, iat: NOW_SECONDS - 1 } }))).status,
      401,
    );
  });

  it('is refused when a claim is not as Qlik wants it', async (t) => {
    const sandbox = await start(t);
    const { clientId } = sandbox.impersonationClient;
    const variations: Record<string, Record<string, unknown>> = {
      'audience with a trailing slash': { aud: `${sandbox.url}/oauth/token/` },
      'the tenant as audience': { aud: sandbox.url },
      'another issuer': { iss: sandbox.managementClient.clientId },
      'another subject': { sub: 'ada' },
      'no subject': { sub: undefined },
      'unknown client': { iss: 'unknown', sub: 'unknown' },
      expired: { iat: NOW_SECONDS - 200, exp: NOW_SECONDS - 10 },
      'valid for more than five minutes': { exp: NOW_SECONDS + 301 },
      'issued in the future': { iat: NOW_SECONDS + 60, exp: NOW_SECONDS + 300 },
      'no iat': { iat: undefined },
      'no exp': { exp: undefined },
      'no jti': { jti: undefined },
      'a jti that is no UUID': { jti: 'one' },
    };
    for (const [name, claims] of Object.entries(variations)) {
      assert.equal((await send(sandbox, await assertion(sandbox, { claims }))).status, 401, name);
    }
    const skewed = { iat: NOW_SECONDS + 4, exp: NOW_SECONDS + 200, iss: clientId };
    assert.equal((await send(sandbox, await assertion(sandbox, { claims: skewed }))).status, 200);
  });

  it('is refused when its key or algorithm is not a registered one', async (t) => {
    const sandbox = await start(t);
    const stranger = await generateKeyPair('ES384');
    const small = await generateKeyPair('RS256', { modulusLength: 2048 });
    const symmetric = new TextEncoder().encode(JSON.stringify(keys[1]?.publicKey));
    const variations: Variation[] = [
      { key: stranger.privateKey },
      { header: { kid: 'unknown' } },
      { header: { kid: undefined } },
      { header: { alg: 'RS256', kid: 'key-RS256' }, key: small.privateKey },
      { header: { alg: 'HS256', kid: 'key-RS256' }, key: symmetric },
    ];
    for (const variation of variations) {
      assert.equal((await send(sandbox, await assertion(sandbox, variation))).status, 401);
    }
    const [, payload] = (await assertion(sandbox)).split('.');
    const none = Buffer.from('{"alg":"none","kid":"key-ES384"}').toString('base64url');
    for (const jwt of [`${none}.${payload}.`, 'x.y.z', 'nonsense']) {
      assert.equal((await send(sandbox, jwt)).status, 401);
    }
    const rsa = KeyObject.from(keys[1]?.privateKey as CryptoKey);
    const otherAlgorithm = { header: { alg: 'RS512', kid: 'key-RS256' }, key: rsa };
    assert.equal((await send(sandbox, await assertion(sandbox, otherAlgorithm))).status, 401);
    const sameAlgorithm = { header: { alg: 'RS256', kid: 'key-RS256' }, key: rsa };
    assert.equal((await send(sandbox, await assertion(sandbox, sameAlgorithm))).status, 200);
  });

  it('needs the assertion type, and a client that allows the method', async (t) => {
    const sandbox = await start(t);
    const jwt = await assertion(sandbox);
    assert.equal((await send(sandbox, jwt, { client_assertion_type: 'other' })).status, 400);
    assert.equal((await send(sandbox, jwt, { client_assertion_type: undefined })).status, 400);

    const token = await postToken(sandbox, {
      ...credentials(sandbox.managementClient),
      grant_type: 'client_credentials',
    });
    const url = `${sandbox.url}/api/v1/oauth-clients/${sandbox.impersonationClient.clientId}`;
    const body = [{ op: 'replace', path: '/allowedAuthMethods', value: ['client_secret'] }];
    const patch = { method: 'PATCH', token: String(token.json().access_token), body };
    assert.equal((await call(url, patch)).status, 204);
    assert.equal((await send(sandbox, jwt)).status, 401);
  });

  it('refuses to register keys that are private, weak or of another kind', async () => {
    const { publicKey: rsa } = keys[1] as { publicKey: JWK };
    const { publicKey: ec } = keys[0] as { publicKey: JWK };
    const weak = Buffer.alloc(128, 0xff).toString('base64url');
    const bad: Record<string, JWK> = {
      'a private key': { ...ec, d: 'AA' },
      '1024 bits': { ...rsa, n: weak },
      'no kid': { ...ec, kid: '' },
      'for encryption': { ...ec, use: 'enc' },
      'another algorithm': { ...rsa, alg: 'PS256' },
      'an algorithm of another key type': { ...rsa, alg: 'ES384' },
      'another curve': { ...ec, crv: 'P-256' },
    };
    for (const [name, key] of Object.entries(bad)) {
      await assert.rejects(createSandbox({ publicKeys: [key] }), { status: 400 }, name);
    }
    await assert.rejects(createSandbox({ publicKeys: [ec, { ...rsa, kid: ec.kid as string }] }), {
      status: 400,
    });
  });
});
