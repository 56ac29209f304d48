import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { baseEnv } from '../config/base-env.ts';
import { runBuilt } from '../support/child.ts';
import { freePort } from '../support/test-service.ts';

const CANARY = 'canary-8d1f';

describe('a wrong configuration', () => {
  test('ends the process with code 78 and all issues at once, without a secret, and binds nothing', async (t) => {
    const port = await freePort();
    const child = runBuilt(t, 'dist/main.js', [], {
      PORT: String(port),
      QLIK_TENANT_URL: 'http://acme.eu.qlikcloud.com',
      QLIK_CLIENT_SECRET: CANARY,
      QLIK_CLIENT_PRIVATE_KEY: CANARY,
      SESSION_SECRET: CANARY,
      HOST: '0.0.0.0',
      PORTAL_AUTH: 'demo',
      TOKEN_DEADLINE: 'soon',
      TRUSTED_PROXIES: '0.0.0.0/0',
    });
    assert.equal(await child.ended(), 78);
    for (const name of [
      'QLIK_TENANT_URL',
      'QLIK_CLIENT_ID',
      'QLIK_CLIENT_PRIVATE_KEY',
      'SESSION_SECRET',
      'HOST',
      'TOKEN_DEADLINE',
      'TRUSTED_PROXIES',
    ]) {
      assert.match(child.output(), new RegExp(`^  ${name}: `, 'm'));
    }
    assert.ok(!child.output().includes(CANARY));
    await assert.rejects(
      new Promise((resolve, reject) =>
        connect(port, '127.0.0.1').once('connect', resolve).once('error', reject),
      ),
    );
  });

  test('in a file that a setting names is found at the start too', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'table-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'users.csv');
    writeFileSync(path, 'portal_user,qlik_user_id,qlik_subject\nada,1,ada\n');
    const child = runBuilt(t, 'dist/main.js', [], { USER_MAPPING: 'table', USER_TABLE: path });
    assert.equal(await child.ended(), 78);
    assert.match(child.output(), /^ {2}USER_TABLE: row 1/m);
    assert.match(child.output(), /^ {2}SESSION_SECRET: /m);
  });
});

test('an address at which something else listens is named, with code 78', async (t) => {
  const other = createServer();
  t.after(() => other.close());
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const child = runBuilt(t, 'dist/main.js', [], {
    ...baseEnv,
    PORT: String(port),
    QLIK_CLIENT_SECRET: CANARY,
    SESSION_SECRET: CANARY.repeat(4),
    ADMIN_PORT: String(await freePort()),
  });
  assert.equal(await child.ended(), 78);
  assert.match(child.output(), new RegExp(`^  PORT, ADMIN_PORT: something else listens at ${port}$`, 'm'));
  assert.doesNotMatch(child.output(), /^ {4}at /m);
});

test('DEBUG brings no password to light', async (t) => {
  let heard = '';
  const redis = createServer((socket) => {
    t.after(() => socket.destroy());
    socket.on('data', (data) => {
      heard += data;
    });
  });
  t.after(() => redis.close());
  await new Promise<void>((resolve) => redis.listen(0, '127.0.0.1', resolve));
  const { port } = redis.address() as AddressInfo;
  const child = runBuilt(t, 'dist/main.js', [], {
    ...baseEnv,
    DEBUG: '*',
    PORT: String(await freePort()),
    ADMIN_PORT: String(await freePort()),
    QLIK_CLIENT_SECRET: CANARY,
    SESSION_SECRET: CANARY.repeat(4),
    REDIS_URL: `redis://broker:${CANARY}@127.0.0.1:${port}`,
    STORE_KEY: Buffer.alloc(32).toString('base64'),
  });
  await child.printed(/"event":"service.listening/);
  assert.ok(heard.includes(CANARY));
  assert.ok(!child.output().includes(CANARY));
});
