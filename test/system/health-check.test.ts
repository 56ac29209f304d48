import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { runBuilt } from '../support/child.ts';
import { freePort } from '../support/test-service.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Listens as the service would; resolves to the port. */
async function listen(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  t.after(() => server.close().closeAllConnections());
  await once(server, 'listening');
  return String((server.address() as AddressInfo).port);
}

describe('the health check', () => {
  test('ends with 0 and says nothing when /livez answers 200', async (t) => {
    const paths: (string | undefined)[] = [];
    const PORT = await listen(t, (message, answer) => {
      paths.push(message.url);
      answer.end('{}');
    });
    const env = { PORT, HOST: '0.0.0.0', PUBLIC_URL: 'https://example.com/portal' };
    const child = runBuilt(t, 'dist/health-check.js', [], env);
    assert.equal(await child.ended(), 0);
    assert.equal(child.output(), '');
    assert.deepEqual(paths, ['/portal/livez']);
  });

  test('asks no proxy', async (t) => {
    const PORT = await listen(t, (_, answer) => answer.end('{}'));
    const proxy = `http://127.0.0.1:${await freePort()}`;
    const env = { PORT, HTTP_PROXY: proxy, http_proxy: proxy, HTTPS_PROXY: proxy, NODE_USE_ENV_PROXY: '1' };
    const child = runBuilt(t, 'dist/health-check.js', [], env);
    assert.equal(await child.ended(), 0);
  });

  test('ends with 1 and the status when it answers anything else', async (t) => {
    const PORT = await listen(t, (_, answer) => answer.writeHead(503).end());
    const child = runBuilt(t, 'dist/health-check.js', [], { PORT });
    assert.equal(await child.ended(), 1);
    assert.equal(child.output(), `http://127.0.0.1:${PORT}/livez: answered 503\n`);
  });

  test('ends with 1 when nobody listens', async (t) => {
    const child = runBuilt(t, 'dist/health-check.js', [], { PORT: String(await freePort()) });
    assert.equal(await child.ended(), 1);
    assert.match(child.output(), /ECONNREFUSED/);
  });

  test('ends with 1 by itself when no answer comes', async (t) => {
    const PORT = await listen(t, () => {});
    const child = runBuilt(t, 'dist/health-check.js', [], { PORT });
    assert.equal(await child.ended(), 1);
    assert.match(child.output(), /aborted/);
  });

  test('ends by itself before Docker would end it', () => {
    const [, ownMs] = /TIMEOUT_MS = ([\d_]+)/.exec(read('src/health-check.ts')) ?? [];
    const [, dockerSeconds] = /HEALTHCHECK .*--timeout=(\d+)s/.exec(read('Dockerfile')) ?? [];
    assert.ok(
      Number(ownMs?.replaceAll('_', '')) < Number(dockerSeconds) * 1_000,
      `${ownMs} ms, ${dockerSeconds} s`,
    );
  });
});
