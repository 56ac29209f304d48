import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertProblem } from '../session/browser.ts';
import { createSigner } from '../support/assertions.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';
import { createRedisService } from '../support/redis-service.ts';

// Guards against whoever signs in at the test system, and is signed in at the real one.
describe('two deployments that share a Redis and every secret', { skip: redisMissing() }, () => {
  let server: RedisServer;
  before(async () => {
    server = await startRedis();
  });
  after(() => server.stop());

  for (const [what, env] of [
    ['PUBLIC_URL', { PUBLIC_URL: 'http://localhost:1' }],
    ['mode', createSigner().env],
    ['prefix', { REDIS_KEY_PREFIX: 'other:' }],
  ] as const) {
    test(`share no session when they differ in ${what}`, async (t) => {
      const one = await createRedisService(t, server.port);
      const other = await createRedisService(t, server.port, {
        tenant: one.sandbox,
        env: { PUBLIC_URL: one.origin, ...env },
      });
      const cookie = await one.login('ada');
      assert.equal((await one.fetch({ url: '/session', cookie })).statusCode, 200);
      assertProblem(await other.fetch({ url: '/session', cookie }), 401, 'session_expired');
      assertProblem(await other.fetch({ url: '/qlik-token', cookie }), 401, 'session_expired');
      assert.equal((await one.fetch({ url: '/qlik-token', cookie })).statusCode, 200);
    });
  }

  test('and the prefix end nothing of each other’s', async (t) => {
    const one = await createRedisService(t, server.port);
    const other = await createRedisService(t, server.port, { tenant: one.sandbox });
    const cookie = await one.login('ada');
    const before = (await one.fetch({ url: '/qlik-token', cookie })).json().access_token;
    for (let n = 0; n < 25; n += 1) {
      const theirs = await other.login('ada');
      await other.fetch({ url: '/qlik-token', cookie: theirs });
      if (n === 0)
        await other.fetch({ method: 'POST', url: '/logout', cookie: theirs, payload: { everywhere: true } });
    }
    assert.equal((await one.fetch({ url: '/qlik-token', cookie })).json().access_token, before);
  });

  test('whose keys all begin with REDIS_KEY_PREFIX', async (t) => {
    server.cli('FLUSHALL');
    const service = await createRedisService(t, server.port, { env: { REDIS_KEY_PREFIX: 'acme-portal:' } });
    const cookie = await service.login('ada');
    await service.fetch({ url: '/qlik-token', cookie });
    await service.fetch({ method: 'POST', url: '/qlik-token', cookie, payload: { rejected: true } });
    const keys = server.cli('KEYS', '*').split('\n').filter(Boolean);
    assert.ok(keys.length >= 5, keys.join(', '));
    for (const key of keys) assert.ok(key.startsWith('acme-portal:'), key);
  });
});
