import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { sendRaw } from '../support/raw-http.ts';
import { createTestService } from '../support/test-service.ts';

async function listening(t: TestContext): Promise<number> {
  const service = await createTestService(t);
  return Number(new URL(await service.listen()).port);
}

function request(line: string, ...headers: string[]): string {
  return [`${line} HTTP/1.1`, ...headers, 'Connection: close', '', ''].join('\r\n');
}

describe('a request that clients do not send', () => {
  const cases: [string, string, RegExp][] = [
    [
      'a path with dots',
      request('GET /livez/../qlik-token', 'Host: localhost', 'X-CSRF: 1'),
      /^HTTP\/1\.1 404 /,
    ],
    [
      'an encoded slash',
      request('GET /livez%2f..%2fqlik-token', 'Host: localhost', 'X-CSRF: 1'),
      /^HTTP\/1\.1 404 /,
    ],
    [
      'an absolute URL',
      request('GET http://evil.example/qlik-token', 'Host: localhost', 'X-CSRF: 1'),
      /^HTTP\/1\.1 40[14] /,
    ],
    [
      'an absolute URL of a health check',
      request('GET http://x/livez?/qlik-token', 'Host: localhost'),
      /^HTTP\/1\.1 (200|404) /,
    ],
    [
      'the host twice, forged first',
      request('GET /session', 'Host: evil.example', 'Host: localhost'),
      /^HTTP\/1\.1 400 /,
    ],
    [
      'both lengths',
      request('POST /login', 'Host: localhost', 'Content-Length: 5', 'Transfer-Encoding: chunked'),
      /^HTTP\/1\.1 400 /,
    ],
    [
      'a head of 20 kB',
      request('GET /session', 'Host: localhost', `Cookie: a=${'x'.repeat(20_000)}`),
      /^HTTP\/1\.1 431 /,
    ],
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['a method that does not exist', request('BREW /qlik-token', 'Host: localhost'), /^HTTP\/1\.1 400 /],
    ['TRACE', request('TRACE /qlik-token', 'Host: localhost', 'Cookie: secret=1'), /^HTTP\/1\.1 40[45] /],
    [
      'a header name with an underscore',
      request('GET /qlik-token', 'Host: localhost', 'X_CSRF: 1'),
      /^HTTP\/1\.1 403 /,
    ],
    ['a broken escape in its path', request('GET /%zz', 'Host: localhost'), /^HTTP\/1\.1 400 /],
    ['no host', request('GET /session'), /^HTTP\/1\.1 400 /],
    [
      'the origin twice',
      request('GET /session', 'Host: localhost', 'Origin: http://localhost', 'Origin: http://evil.example'),
      /^HTTP\/1\.1 403 /,
    ],
  ];
  for (const [what, bytes, answer] of cases) {
    test(`with ${what} is answered by a problem, not by a session`, async (t) => {
      const received = await sendRaw(await listening(t), bytes);
      assert.match(received, answer);
      assert.doesNotMatch(received, /Set-Cookie: [^=]+=[^;]|secret=1/i);
      if (received.includes(' 200 ')) return;
      assert.match(received, /^content-type: application\/problem\+json/im);
      assert.match(received, /^content-security-policy: default-src 'none'/im);
      assert.match(received, /^x-content-type-options: nosniff/im);
      assert.match(received, /^cache-control: no-store/im);
      assert.doesNotMatch(received, /%zz/);
    });
  }
});

test('after each of them the service still answers', async (t) => {
  const port = await listening(t);
  for (let time = 0; time < 50; time += 1) await sendRaw(port, `\x00\xff${time}\r\n\r\n`);
  assert.match(await sendRaw(port, request('GET /livez', 'Host: localhost')), /^HTTP\/1\.1 200 /);
});
