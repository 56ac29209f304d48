import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createCertificate } from '../qlik/certificate.ts';
import { nginxFolder, runNginx } from '../support/nginx.ts';
import { freePort } from '../support/test-service.ts';
import { until } from '../support/until.ts';
import { missing } from './tools.ts';

const original = readFileSync(new URL('../../docker/nginx.conf', import.meta.url), 'utf8');
const skip = missing({ programs: ['nginx'] });

interface Proxy {
  /** The requests that reached the service. */
  readonly received: IncomingMessage[];
  readonly httpPort: number;
  /** Both logs so far. */
  log(): string;
  /** Takes the service away. */
  stopService(): void;
  get(path: string, headers?: Record<string, string>): Promise<IncomingMessage>;
}

/** The proxy with ports, certificate and service of the test's own; everything else is as in the file. */
async function startProxy(t: TestContext): Promise<Proxy> {
  const folder = nginxFolder();
  const received: IncomingMessage[] = [];
  const service = createServer((message, answer) => {
    received.push(message);
    answer.end('from the service');
  });
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  const [httpPort, httpsPort] = [await freePort(), await freePort()];
  const { key, cert } = createCertificate('localhost');
  writeFileSync(join(folder, 'tls_key'), key);
  writeFileSync(join(folder, 'tls_certificate'), cert);
  const configuration = original
    .replaceAll('/tmp/', `${folder}/`)
    .replaceAll('/run/secrets/', `${folder}/`)
    .replace('/dev/stdout', join(folder, 'access.log'))
    .replace('listen 8080', `listen 127.0.0.1:${httpPort}`)
    .replace('listen 8443', `listen 127.0.0.1:${httpsPort}`)
    .replace('http://broker:3000', `http://127.0.0.1:${(service.address() as AddressInfo).port}`);

  const output = await runNginx(t, folder, configuration, httpsPort);
  t.after(() => {
    if (service.listening) service.close();
  });

  const get: Proxy['get'] = (path, headers = {}) =>
    new Promise((resolve, reject) => {
      request(
        { host: '127.0.0.1', port: httpsPort, servername: 'localhost', ca: cert, path, headers },
        (answer) => resolve(answer.resume()),
      )
        .on('error', reject)
        .end();
    });
  return {
    received,
    httpPort,
    log: () => output() + readFileSync(join(folder, 'access.log'), 'utf8'),
    stopService: () => service.close(),
    get,
  };
}

describe('docker/nginx.conf', { skip }, () => {
  test('hands a request to the service as it came, with the client’s address and none that the client claims', async (t) => {
    const { get, received } = await startProxy(t);
    const answer = await get('/portal/qlik-token?a=%20b', {
      host: 'broker.example.com',
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      forwarded: 'for=203.0.113.9',
      cookie: '__Host-session=x',
      origin: 'https://portal.example.com',
    });
    assert.equal(answer.statusCode, 200);
    const [message] = received;
    assert.equal(message?.url, '/portal/qlik-token?a=%20b');
    const { headers } = message;
    assert.equal(headers.host, 'broker.example.com');
    assert.equal(headers['x-forwarded-for'], '127.0.0.1');
    assert.equal(headers['x-forwarded-host'], 'broker.example.com');
    assert.equal(headers['x-forwarded-proto'], 'https');
    assert.equal(headers.forwarded, undefined);
    assert.equal(headers.cookie, '__Host-session=x');
    assert.equal(headers.origin, 'https://portal.example.com');
  });

  test('keeps the probes inside, under any base path', async (t) => {
    const { get, received } = await startProxy(t);
    for (const path of [
      '/livez',
      '/readyz',
      '/portal/qlik/readyz',
      '/%72eadyz',
      '/x/../readyz',
      '/readyz?a',
    ]) {
      assert.equal((await get(path)).statusCode, 404, path);
    }
    assert.deepEqual(received, []);
  });

  test('sends plain http to https', async (t) => {
    const { httpPort } = await startProxy(t);
    const answer = await fetch(`http://localhost:${httpPort}/login?returnTo=/x`, { redirect: 'manual' });
    assert.equal(answer.status, 308);
    assert.equal(answer.headers.get('location'), 'https://localhost/login?returnTo=/x');
  });

  test('logs no query, not even when the service is away', async (t) => {
    const { get, log, stopService } = await startProxy(t);
    await get('/login/callback?code=canary-77aa');
    stopService();
    assert.equal((await get('/login/callback?code=canary-77aa')).statusCode, 502);
    await until(() => /GET \/login\/callback 200 .*GET \/login\/callback 502 /s.test(log()));
    assert.ok(!log().includes('canary-77aa'), log());
  });
});
