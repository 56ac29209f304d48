import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { it } from 'node:test';
import { inspect } from 'node:util';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { Secret } from '../../src/config/secret.ts';
import { withClientSecret, withPrivateKey } from '../../src/qlik/client-authentication.ts';

const tokenEndpoint = 'https://acme.eu.qlikcloud.com/oauth/token';
const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

function assertion(key: KeyObject, tenantNow = Date.now): () => Promise<string> {
  const authentication = withPrivateKey({
    clientId: 'client',
    key,
    keyId: 'key-1',
    tokenEndpoint,
    tenantNow,
  });
  return async () => (await authentication.credentials()).client_assertion as string;
}

it('a secret goes into the body', async () => {
  const authentication = withClientSecret('client', new Secret('s3cret'));
  assert.deepEqual(await authentication.credentials(), { client_id: 'client', client_secret: 's3cret' });
});

it('a secret is not to be seen in the authentication itself', () => {
  const authentication = withClientSecret('client', new Secret('s3cret'));
  assert.doesNotMatch(inspect(authentication, { showHidden: true, depth: 9 }), /s3cret/);
});

it('an assertion comes with its type and the client’s id', async () => {
  const options = {
    clientId: 'client',
    key: ec.privateKey,
    keyId: 'key-1',
    tokenEndpoint,
    tenantNow: Date.now,
  };
  const { client_assertion, ...rest } = await withPrivateKey(options).credentials();
  assert.deepEqual(rest, {
    client_id: 'client',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  });
  assert.equal(typeof client_assertion, 'string');
});

for (const [alg, pair] of [
  ['ES384', ec],
  ['RS256', rsa],
] as const) {
  it(`a key for ${alg} signs an assertion that verifies`, async () => {
    const jwt = await assertion(pair.privateKey)();
    const { protectedHeader, payload } = await jwtVerify(jwt, pair.publicKey, {
      algorithms: [alg],
      issuer: 'client',
      subject: 'client',
      audience: tokenEndpoint,
    });
    assert.deepEqual(protectedHeader, { alg, kid: 'key-1', typ: 'JWT' });
    assert.deepEqual(Object.keys(payload).sort(), ['aud', 'exp', 'iat', 'iss', 'jti', 'sub']);
  });
}

it('an assertion ends at most five minutes after its iat', async () => {
  const { iat = 0, exp = 0 } = decodeJwt(await assertion(ec.privateKey)());
  assert.ok(exp > iat && exp - iat <= 300, `${exp - iat} s`);
});

it('iat and exp follow the tenant’s time, in whole seconds', async () => {
  let tenantTime = Date.parse('2030-01-01T00:00:00.999Z');
  const sign = assertion(ec.privateKey, () => tenantTime);
  assert.equal(decodeJwt(await sign()).iat, Date.parse('2030-01-01T00:00:00Z') / 1_000);
  tenantTime += 60_000;
  assert.equal(decodeJwt(await sign()).iat, Date.parse('2030-01-01T00:01:00Z') / 1_000);
});

it('each assertion has a jti of its own', async () => {
  const sign = assertion(ec.privateKey);
  const jtis = await Promise.all(Array.from({ length: 20 }, async () => decodeJwt(await sign()).jti));
  assert.equal(new Set(jtis).size, 20);
});

it('the header names the key and holds nothing of it', async () => {
  assert.deepEqual(Object.keys(decodeProtectedHeader(await assertion(ec.privateKey)())).sort(), [
    'alg',
    'kid',
    'typ',
  ]);
});

it('an assertion is dated, a secret is not', () => {
  const options = { clientId: 'c', key: ec.privateKey, keyId: 'k', tokenEndpoint, tenantNow: Date.now };
  assert.equal(withPrivateKey(options).dated, true);
  assert.equal(withClientSecret('c', new Secret('s3cret')).dated, false);
});
