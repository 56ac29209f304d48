import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { brokerConfig } from '../../src/config/broker-config.ts';
import { whatRuns } from '../../src/service/what-runs.ts';
import { load } from '../config/base-env.ts';

const CANARY = 'canary-8d1f';
const STORE_KEY = randomBytes(32).toString('base64');

const runs = (env: Record<string, string> = {}) => whatRuns(brokerConfig(load(env).settings));

test('what runs is said by the settings that differ from one deployment to the next', () => {
  const { version, node, ...facts } = runs({ PUBLIC_URL: 'http://localhost:3000/analytics' });
  assert.match(version, /^\d+\.\d+\.\d+/);
  assert.equal(node, process.versions.node);
  assert.deepEqual(facts, {
    portalAuth: 'demo',
    tenants: [{ url: 'https://acme.eu.qlikcloud.com', mapping: 'subject' }],
    store: 'memory',
    publicUrl: 'http://localhost:3000/analytics',
  });
});

test('how users are mapped is said of each tenant', () => {
  const { tenants } = runs({
    USER_MAPPING: 'lookup',
    QLIK_ADMIN_CLIENT_ID: 'admin',
    QLIK_ADMIN_CLIENT_SECRET: CANARY,
  });
  assert.deepEqual(tenants, [{ url: 'https://acme.eu.qlikcloud.com', mapping: 'lookup' }]);
});

describe('a Redis is named by where it is, and not by who may read it', () => {
  const sentinels = `${CANARY}:${CANARY}@sentinel-1,${CANARY}:${CANARY}@[::1]:26380`;
  const cases: [string, Record<string, string>, string][] = [
    ['plain', { REDIS_URL: 'redis://redis.example.com' }, 'redis://redis.example.com:6379/0'],
    [
      'with a password, TLS and a database',
      { REDIS_URL: `rediss://${CANARY}:${CANARY}@redis.example.com:6380/3` },
      'rediss://redis.example.com:6380/3',
    ],
    ['by an IPv6 address', { REDIS_URL: `redis://:${CANARY}@[::1]` }, 'redis://[::1]:6379/0'],
    [
      'behind Sentinels',
      {
        REDIS_URL: `rediss://${CANARY}:${CANARY}@ignored`,
        REDIS_SENTINELS: sentinels,
        REDIS_SENTINEL_NAME: 'main',
      },
      'rediss main at sentinels sentinel-1:26379,[::1]:26380',
    ],
  ];
  for (const [how, env, store] of cases) {
    test(how, () => {
      const facts = runs({ STORE_KEY, ...env });
      assert.equal(facts.store, store);
      assert.ok(!JSON.stringify(facts).includes(CANARY));
    });
  }
});
