import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { fetchKeys } from '../../src/portal/fetch-keys.ts';
import { createProviderHttp } from '../../src/portal/provider-http.ts';
import { connectRedis } from '../../src/store/redis/connection.ts';
import { clientOptions, type RedisTarget } from '../../src/store/redis/options.ts';
import type { RedisError } from '../../src/store/redis/redis-error.ts';
import { createCertificate } from '../qlik/certificate.ts';
import { openHttp, PATIENCE_MS, startRawTenant } from '../qlik/raw-tenant.ts';
import { DIRECTLY } from '../support/outbound.ts';
import { until } from '../support/until.ts';

const PASSWORD = 'canary-4711';
const VARIABLE = 'NODE_TLS_REJECT_UNAUTHORIZED';

/** With it, Node believes every certificate, unless whoever connects says otherwise. */
describe(`given ${VARIABLE}=0, a certificate that nobody vouches for is refused and nothing is said`, () => {
  before(() => {
    process.env[VARIABLE] = '0';
  });
  after(() => {
    delete process.env[VARIABLE];
  });

  async function redisRefuses(t: TestContext, target: Omit<RedisTarget, 'database' | 'tls'>) {
    const troubles: RedisError[] = [];
    const redis = await connectRedis({
      target: { ...target, username: 'broker', password: PASSWORD, database: 0, tls: {} },
      prefix: 'qtb:',
      emit: (event) => {
        if (event.type === 'store.away') troubles.push(event.error as RedisError);
      },
    });
    t.after(() => redis.close());
    await until(() => troubles.length > 0);
    return troubles[0];
  }

  const ways: [whose: string, connect: (t: TestContext, port: number) => Promise<unknown>][] = [
    [
      'of the tenant',
      (t, port) =>
        assert.rejects(
          openHttp(t, `https://localhost:${port}`).send(
            { method: 'POST', path: '/oauth/token', json: { client_secret: PASSWORD } },
            AbortSignal.timeout(PATIENCE_MS),
          ),
          { code: 'unavailable', message: /CERT/ },
        ),
    ],
    [
      'of the identity provider',
      (t, port) => assert.rejects(provider(t).fetch(`https://localhost:${port}/`, post), refused(port)),
    ],
    [
      'of published keys',
      (t, port) => assert.rejects(fetchKeys(provider(t), `https://localhost:${port}/jwks`), refused(port)),
    ],
    [
      'of Redis',
      async (t, port) => assert.match(String(await redisRefuses(t, { host: 'localhost', port })), /CERT/),
    ],
    [
      'of a Sentinel',
      async (t, port) => {
        const sentinel = { name: 'main', addresses: [{ host: 'localhost', port, password: PASSWORD }] };
        const trouble = await redisRefuses(t, { host: 'unused.example', port: 6379, sentinel });
        assert.ok(trouble);
      },
    ],
  ];
  for (const [whose, connect] of ways) {
    test(whose, async (t) => {
      const server = await startRawTenant(t, () => {}, createCertificate('localhost'));
      await connect(t, server.port);
      assert.equal(server.received(), '');
    });
  }

  test('of the Redis that a Sentinel names', () => {
    const addresses = [{ host: 'localhost', port: 26_379 }];
    const sentinel = { name: 'main', addresses };
    const options = clientOptions({ host: 'unused.example', port: 6379, database: 0, tls: {}, sentinel });
    assert.equal(options.tls?.rejectUnauthorized, true);
  });
});

const post = { method: 'POST', headers: {}, body: new URLSearchParams({ client_secret: PASSWORD }) };
const refused = (port: number) => ({
  code: 'idp_bad_response',
  details: { reason: 'DEPTH_ZERO_SELF_SIGNED_CERT', host: `localhost:${port}` },
});

function provider(t: TestContext) {
  const http = createProviderHttp({ outbound: DIRECTLY, timeoutMs: PATIENCE_MS });
  t.after(() => http.close());
  return http;
}
