import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { baseEnv } from '../config/base-env.ts';
import { createSigner } from '../support/assertions.ts';
import { runBuilt } from '../support/child.ts';
import { redisMissing, startRedis } from '../support/redis-server.ts';
import { freePort } from '../support/test-service.ts';

const PASSWORD = 'canary-of-redis-3f1d';
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

test('one line says at the start what runs, where it listens, and no secret', {
  skip: redisMissing(),
}, async (t) => {
  const redis = await startRedis(['--requirepass', PASSWORD], {
    cliArgs: ['-a', PASSWORD, '--no-auth-warning'],
  });
  t.after(redis.stop);
  const [port, adminPort] = [await freePort(), await freePort()];
  const STORE_KEY = randomBytes(32).toString('base64');
  const child = runBuilt(t, 'dist/main.js', [], {
    ...baseEnv,
    ...createSigner().env,
    HOST: '0.0.0.0',
    PORT: String(port),
    ADMIN_PORT: String(adminPort),
    PUBLIC_URL: 'https://portal.example/analytics',
    TRUSTED_PROXIES: '127.0.0.1',
    REDIS_URL: `redis://:${PASSWORD}@127.0.0.1:${redis.port}/1`,
    STORE_KEY,
    QLIK_TENNANT_URL: 'https://acme.eu.qlikcloud.com',
  });
  await child.printed(/"event":"service.listening".*\n/);

  const lines = child.output().trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line));
  const starts = events.filter(({ event }) => event === 'service.listening');
  assert.deepEqual([starts.length, starts[0].level, events.at(-1)], [1, 30, starts[0]]);
  const [doubt] = events.filter(({ event }) => event === 'config.doubtful');
  assert.deepEqual([doubt.level, doubt.variable], [40, 'QLIK_TENNANT_URL']);
  const { level: _level, time: _time, ...facts } = starts[0];
  assert.deepEqual(facts, {
    event: 'service.listening',
    version,
    node: process.versions.node,
    portalAuth: 'assertion',
    tenants: [{ url: 'https://acme.eu.qlikcloud.com', mapping: 'subject' }],
    store: `redis://127.0.0.1:${redis.port}/1`,
    publicUrl: 'https://portal.example/analytics',
    address: `http://0.0.0.0:${port}`,
    adminAddress: `http://127.0.0.1:${adminPort}`,
    msg: 'The service listens.',
  });
  for (const secret of [PASSWORD, STORE_KEY, baseEnv.SESSION_SECRET, baseEnv.QLIK_CLIENT_SECRET])
    assert.ok(!child.output().includes(secret));
});
