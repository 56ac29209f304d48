import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createCertificate } from '../qlik/certificate.ts';
import { redisMissing, startRedis } from '../support/redis-server.ts';
import { createRedisService } from '../support/redis-service.ts';
import { freePort } from '../support/test-service.ts';
import { until } from '../support/until.ts';

const read = (name: string) => readFileSync(new URL(`../../docker/${name}`, import.meta.url), 'utf8');

describe('docker/valkey.conf and docker/valkey-users.acl', { skip: redisMissing() }, () => {
  test('are a store that the service can use, and nobody else', async (t) => {
    const { server, service } = await startStoreAndService(t);
    const cookie = await service.login('ada');

    assert.equal((await service.fetch({ url: '/qlik-token', cookie })).statusCode, 200);
    assert.equal((await service.fetch({ method: 'POST', url: '/logout', cookie })).statusCode, 200);
    assert.deepEqual(
      service.logged.filter((line) => /Redis/.test(line) && !/"level":30,/.test(line)),
      [],
      'no trouble and no evicting policy',
    );
    assert.match(server.cli('GET', 'key'), /NOAUTH/);
    assert.match(
      server.cli('--no-auth-warning', '--user', 'broker', '--pass', 'canary-password', 'GET', 'key'),
      /NOPERM/,
    );
  });

  // Valkey and Redis replay transactions as the default user, and drop what that one may not do (valkey#3983).
  test('a restart signs nobody out', async (t) => {
    const { server, service } = await startStoreAndService(t);
    const cookie = await service.login('ada');
    const tokenStatus = async () => (await service.fetch({ url: '/qlik-token', cookie })).statusCode;

    await server.restart();
    await until(async () => (await tokenStatus()) !== 503);
    assert.equal(await tokenStatus(), 200);
  });
});

async function startStoreAndService(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'valkey-'));
  const { key, cert } = createCertificate('localhost');
  const digest = createHash('sha256').update('canary-password').digest('hex');
  writeFileSync(join(folder, 'valkey_key'), key);
  writeFileSync(join(folder, 'valkey_certificate'), cert);
  writeFileSync(join(folder, 'valkey_users'), read('valkey-users.acl').replace('PASSWORD_SHA256', digest));
  const port = await freePort();
  const configuration = read('valkey.conf')
    .replaceAll('/run/secrets/', `${folder}/`)
    .replace('tls-port 6379', `tls-port ${port}`)
    .replace('/data', folder);
  const server = await startRedis(['--port', '0', '--dir', folder], {
    port,
    configuration,
    cliArgs: ['--tls', '--cacert', join(folder, 'valkey_certificate'), '-h', 'localhost'],
  });
  t.after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  const service = await createRedisService(t, port, {
    env: { REDIS_URL: `rediss://broker:canary-password@localhost:${port}`, REDIS_CA: cert, NODE_ENV: '' },
  });
  return { server, service };
}
