import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { missing } from '../docker/tools.ts';
import { createCertificate } from '../qlik/certificate.ts';
import { aroundHttp, nginxFolder, runNginx } from '../support/nginx.ts';
import { snippetsOf } from '../support/snippets.ts';
import { freePort } from '../support/test-service.ts';

type Answer = (path: string) => Record<string, string>;

/** A server that tells its name and the headers that came, and with which headers it answers. */
async function startServer(t: TestContext, name: string, answer: Answer = () => ({})): Promise<string> {
  const server = createServer((message, response) => {
    const { url = '', headers } = message;
    response.writeHead(200, answer(url)).end(JSON.stringify({ name, headers }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The nginx of docs/production.md; ports, certificate and logs are the test's. */
async function startNginx(t: TestContext, answer?: Answer) {
  const [portal, broker] = [await startServer(t, 'portal'), await startServer(t, 'broker', answer)];
  const [httpPort, httpsPort] = [await freePort(), await freePort()];
  const folder = nginxFolder();
  const { key, cert } = createCertificate('portal.example.com');
  writeFileSync(join(folder, 'key.pem'), key);
  writeFileSync(join(folder, 'certificate.pem'), cert);
  const block = snippetsOf('production.md').find(({ id }) => id.endsWith(' portal.conf'))?.text as string;
  const http = block
    .replace('127.0.0.1:8000', portal)
    .replace('127.0.0.1:3000', broker)
    .replace('listen 80;', `listen 127.0.0.1:${httpPort};`)
    .replace('listen 443 ssl', `listen 127.0.0.1:${httpsPort} ssl`)
    .replaceAll('/etc/nginx/tls/', `${folder}/`)
    .replaceAll('/var/log/nginx/', `${folder}/`);
  await runNginx(t, folder, aroundHttp(folder, http), httpsPort);
  const get = (path: string, headers = {}) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: httpsPort, servername: 'portal.example.com', ca: cert };
      const host = { host: 'portal.example.com' };
      request({ ...options, path, headers: { ...host, ...headers } }, resolve)
        .on('error', reject)
        .end();
    });
  return { get, httpPort };
}

async function told(answer: IncomingMessage): Promise<{ name: string; headers: Record<string, string> }> {
  let body = '';
  for await (const chunk of answer) body += chunk;
  return JSON.parse(body);
}

describe('the nginx of docs/production.md', { skip: missing({ programs: ['nginx'] }) }, () => {
  test('passes each path of the service on to it, and all others to the portal', async (t) => {
    const { get } = await startNginx(t);
    for (const path of [
      ...['/login?returnTo=/sales', '/login/callback?code=a&state=b', '/logout', '/logout/backchannel'],
      ...['/session', '/qlik-token', '/qlik-token.js', '/qlik-config'],
    ])
      assert.equal((await told(await get(path))).name, 'broker', path);
    for (const path of ['/', '/sales', '/login/other', '/qlik-token-js', '/livez', '/readyz', '/sessions'])
      assert.equal((await told(await get(path))).name, 'portal', path);
  });

  test('says who calls, and drops what clients say about themselves', async (t) => {
    const { get } = await startNginx(t);
    const claims = {
      'x-forwarded-for': '203.0.113.9',
      forwarded: 'for=203.0.113.9',
      'x-forwarded-proto': 'http',
    };
    const { headers } = await told(await get('/session', claims));
    assert.equal(headers['x-forwarded-for'], '127.0.0.1');
    assert.equal(headers['x-forwarded-proto'], 'https');
    assert.equal(headers['x-forwarded-host'], 'portal.example.com');
    assert.equal(headers.host, 'portal.example.com');
    assert.equal(headers.forwarded, undefined);
  });

  test('passes a sign-out on whose address holds the longest ID token', async (t) => {
    const location = `https://login.example.com/logout?id_token_hint=${'x'.repeat(4096)}&${'y'.repeat(2048)}`;
    const { get } = await startNginx(t, () => ({ location, 'set-cookie': 'z'.repeat(2048) }));
    const answer = await get('/logout');
    answer.resume();
    assert.deepEqual([answer.statusCode, answer.headers.location], [200, location]);
  });

  test('leads from http to https', async (t) => {
    const { httpPort } = await startNginx(t);
    const answer = await fetch(`http://127.0.0.1:${httpPort}/sales?a=b`, { redirect: 'manual' });
    assert.deepEqual(
      [answer.status, answer.headers.get('location')],
      [308, 'https://portal.example.com/sales?a=b'],
    );
  });
});
