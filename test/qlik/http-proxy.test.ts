import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { errorFacts } from '../../src/observability/error-facts.ts';
import type { QlikError } from '../../src/qlik/errors.ts';
import { outbound } from '../support/outbound.ts';
import { freePort } from '../support/test-service.ts';
import { noTinyproxy, PROXY_PASSWORD, startTinyproxy } from '../support/tinyproxy.ts';
import { createCertificate } from './certificate.ts';
import { message, openHttp, PATIENCE_MS, startRawTenant } from './raw-tenant.ts';

const NAME = 'acme.eu.qlikcloud.com';
const TENANT = `https://${NAME}`;
const mint = { method: 'POST', path: '/oauth/token', json: { client_secret: 's3cret' } } as const;
/** An answer for each request, the first of which has come already. */
const fine = (socket: Socket) => {
  const answer = () => socket.write(message('200 OK', { 'content-length': 2 }, '{}'));
  answer();
  socket.on('data', (data) => {
    if (String(data).startsWith('POST ')) answer();
  });
};
const send = (http: ReturnType<typeof openHttp>) => http.send(mint, AbortSignal.timeout(PATIENCE_MS));

function through(t: TestContext, url: string, ca?: string, env = {}) {
  return openHttp(t, TENANT, ca, Date.now, outbound({ HTTPS_PROXY: url, ...env }));
}

async function faultOf(http: ReturnType<typeof openHttp>): Promise<QlikError> {
  return send(http).then(
    () => assert.fail('it succeeded'),
    (error) => error,
  );
}

describe('through a real proxy', { skip: noTinyproxy }, () => {
  test('the tenant is called by name, under its own certificate, over few connections that stay open', async (t) => {
    const certificate = createCertificate(NAME);
    const tenant = await startRawTenant(t, fine, certificate);
    const proxy = await startTinyproxy(t, { [NAME]: tenant.port });
    const http = through(t, proxy.url, certificate.cert);
    for (let n = 0; n < 5; n += 1) assert.equal((await send(http)).status, 200);
    const all = await Promise.all(Array.from({ length: 20 }, () => send(http)));
    assert.ok(all.every(({ status }) => status === 200));
    assert.deepEqual([...new Set(proxy.tunnels())], [`${NAME}:443`]);
    assert.deepEqual([proxy.tunnels().length <= 2, tenant.connections <= 2], [true, true]);
    assert.match(tenant.received(), /POST \/oauth\/token HTTP\/1\.1\r\nhost: acme\.eu\.qlikcloud\.com\r\n/i);
    assert.doesNotMatch(tenant.received(), /proxy-authorization/i);
  });

  for (const [what, certificate, ca] of [
    ['that nobody vouches for', createCertificate(NAME), undefined],
    ['of another host', createCertificate('other.example'), 'its own'],
  ] as const)
    test(`a certificate ${what} is refused, and the secret is not sent`, async (t) => {
      const tenant = await startRawTenant(t, fine, certificate);
      const proxy = await startTinyproxy(t, { [NAME]: tenant.port });
      const { code, message } = await faultOf(through(t, proxy.url, ca && certificate.cert));
      assert.deepEqual([code, tenant.received()], ['unavailable', '']);
      assert.match(message, /CERT/);
    });

  for (const [what, change, name, status] of [
    ['a wrong password', (url: string) => url.replace(PROXY_PASSWORD, 'wrong-canary'), NAME, 401],
    ['no password', (url: string) => url.replace(/\/\/.*@/, '//'), NAME, 407],
    ['a tenant that it does not find', (url: string) => url, 'other.example', 502],
  ] as const)
    test(`${what} is the proxy’s trouble: it is named, and no credentials are`, async (t) => {
      const proxy = await startTinyproxy(t, { [name]: 9 });
      const fault = await faultOf(through(t, change(proxy.url)));
      assert.equal(fault.code, 'unavailable');
      assert.match(fault.message, new RegExp(`^the outbound proxy ${proxy.host} refused \\(${status}\\)$`));
      assert.equal(fault.details.retryable, status >= 500);
      const told = inspect(fault, { depth: 9, showHidden: true }) + JSON.stringify(errorFacts(fault));
      assert.doesNotMatch(told, /canary|Basic /);
    });

  test('given NO_PROXY, the tenant is called without it', async (t) => {
    const proxy = await startTinyproxy(t, {});
    const http = through(t, proxy.url, undefined, { NO_PROXY: '.qlikcloud.com' });
    // There is no such tenant to reach from a test; the proxy would have been asked first.
    await send(http).catch(() => {});
    assert.deepEqual(proxy.tunnels(), []);
  });
});

test('a proxy that is not there is named, without its credentials', async (t) => {
  const port = await freePort();
  const fault = await faultOf(through(t, `http://broker:${PROXY_PASSWORD}@127.0.0.1:${port}`));
  assert.equal(fault.message, `the outbound proxy 127.0.0.1:${port} cannot be reached (ECONNREFUSED)`);
  assert.doesNotMatch(inspect(fault, { depth: 9, showHidden: true }), /canary/);
});

test('a proxy that takes connections and says nothing is given up, and left when it answers again', async (t) => {
  const sockets = new Set<Socket>();
  let refuses = false;
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.on('data', () => {
      if (refuses) socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const http = through(t, `http://127.0.0.1:${port}`);
  const faults = await Promise.all(Array.from({ length: 5 }, () => faultOf(http)));
  for (const { message } of faults)
    assert.equal(message, `the outbound proxy 127.0.0.1:${port} cannot be reached (timeout)`);
  refuses = true;
  assert.match((await faultOf(http)).message, /refused \(403\)/);
});

test('this machine is called without it', async (t) => {
  const tenant = await startRawTenant(t, fine);
  const port = await freePort();
  const proxies = outbound({
    HTTP_PROXY: `http://127.0.0.1:${port}`,
    HTTPS_PROXY: `http://127.0.0.1:${port}`,
  });
  assert.equal((await send(openHttp(t, tenant.url, undefined, Date.now, proxies))).status, 200);
});
