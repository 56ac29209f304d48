import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { it, type TestContext } from 'node:test';
import type { JWK } from 'jose';
import { createTestService } from '../support/test-service.ts';

const pairs = {
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

/** A service whose client signs its assertions, before a tenant whose clock is ahead by so much. */
function createBench(t: TestContext, alg: keyof typeof pairs, aheadMs = 0, kid = 'key-1') {
  const { publicKey, privateKey } = pairs[alg];
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'key-1', use: 'sig', alg } as JWK;
  return createTestService(t, {
    env: {
      QLIK_CLIENT_SECRET: '',
      QLIK_CLIENT_PRIVATE_KEY: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
      QLIK_CLIENT_KEY_ID: kid,
    },
    sandbox: { publicKeys: [jwk], now: () => Date.now() + aheadMs },
  });
}

for (const alg of ['ES384', 'RS256'] as const) {
  it(`a client with a key for ${alg} and no secret gets tokens`, async (t) => {
    const service = await createBench(t, alg);
    const cookie = await service.login('ada');
    const answer = await service.fetch({ url: '/qlik-token', cookie });
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(service.mints(), 1);
  });
}

for (const aheadMs of [600_000, -600_000]) {
  it(`given a tenant whose clock is ${aheadMs / 60_000} minutes ahead, the first page gets its token, and the next costs one call`, async (t) => {
    const service = await createBench(t, 'ES384', aheadMs);
    const [ada, bruno] = [await service.login('ada'), await service.login('bruno')];
    const first = await service.fetch({ url: '/qlik-token', cookie: ada });
    assert.equal(first.statusCode, 200, first.body);
    assert.ok(Math.abs(first.json().expires_in - 21_600) < 10, first.body);
    const before = service.mints();
    assert.equal((await service.fetch({ url: '/qlik-token', cookie: bruno })).statusCode, 200);
    assert.equal(service.mints() - before, 1);
  });
}

it('given a key that the tenant does not know, the answer is that an operator must act', async (t) => {
  const service = await createBench(t, 'ES384', 0, 'another');
  const answer = await service.fetch({ url: '/qlik-token', cookie: await service.login('ada') });
  assert.equal(answer.statusCode, 502);
  assert.equal(answer.json().code, 'tenant_refused_client');
});
