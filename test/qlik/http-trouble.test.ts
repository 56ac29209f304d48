import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { errorFacts } from '../../src/observability/error-facts.ts';
import { faultOf, message, openHttp, PATIENCE_MS, startRawTenant } from './raw-tenant.ts';

/** Writes as long as the other side listens; tells how much that was. */
function flood(head: string, chunk: string, wrote: { bytes: number }): (socket: Socket) => void {
  return (socket) => {
    const push = () => {
      while (!socket.destroyed) {
        wrote.bytes += chunk.length;
        if (!socket.write(chunk)) return;
      }
    };
    socket.on('drain', push);
    socket.write(head);
    push();
  };
}

/** Writes a little every few milliseconds. */
function drip(head: string, chunk: string): (socket: Socket) => void {
  return (socket) => {
    socket.write(head);
    const timer = setInterval(() => socket.write(chunk), 5);
    socket.on('close', () => clearInterval(timer));
  };
}

/** Kernel buffers on both sides, and what was under way; far below what the server would send. */
const FEW_BYTES = 16_000_000;
const chunked = message('200 OK', { 'transfer-encoding': 'chunked' });

for (const [what, head, chunk] of [
  ['is announced as 100 MB', message('200 OK', { 'content-length': 100_000_000 }), 'x'.repeat(65_536)],
  ['never ends', chunked, `10000\r\n${'x'.repeat(65_536)}\r\n`],
  ['has no announced end', message('200 OK', {}), 'x'.repeat(65_536)],
  ['is an error that never ends', message('500 X', {}), 'x'.repeat(65_536)],
] as const) {
  it(`a body that ${what} is cut off`, async (t) => {
    const wrote = { bytes: 0 };
    const fault = await faultOf(t, flood(head, chunk, wrote));
    assert.equal(fault.code, 'bad_response');
    assert.equal(fault.details.retryable, false);
    assert.match(fault.message, /EXCEEDED_MAX_SIZE/);
    assert.ok(wrote.bytes < FEW_BYTES, `${wrote.bytes} bytes`);
  });
}

it('headers that never end are cut off', async (t) => {
  const wrote = { bytes: 0 };
  const fault = await faultOf(t, flood('HTTP/1.1 200 OK\r\n', `x: ${'y'.repeat(1_000)}\r\n`, wrote));
  assert.equal(fault.code, 'unavailable');
  assert.match(fault.message, /HEADERS_OVERFLOW/);
  assert.ok(wrote.bytes < FEW_BYTES, `${wrote.bytes} bytes`);
});

it('a body of one byte more than 256 KiB is refused', async (t) => {
  const size = 256 * 1024 + 1;
  const fault = await faultOf(t, (socket) =>
    socket.end(`${chunked}${size.toString(16)}\r\n${'x'.repeat(size)}\r\n0\r\n\r\n`),
  );
  assert.equal(fault.code, 'bad_response');
});

const slow: [string, (socket: Socket) => void, string][] = [
  ['does not answer', () => {}, 'unavailable'],
  ['drips its headers', drip('HTTP/1.1 200 OK\r\nx: ', 'y'), 'unavailable'],
  ['sends provisional answers for ever', drip('', message('103 Early Hints', {})), 'unavailable'],
  ['drips its body', drip(message('200 OK', { 'content-length': 1_000 }), 'x'), 'bad_response'],
  ['drips chunks', drip(chunked, '1\r\nx\r\n'), 'bad_response'],
  [
    'stops in the middle',
    (socket) => void socket.write(message('200 OK', { 'content-length': 9 }, '{"a"')),
    'bad_response',
  ],
];
// At once, since they only wait: as long as the head of an answer may take to get here on a busy machine.
describe('given a deadline,', { concurrency: true }, () => {
  for (const [what, speak, code] of slow) {
    it(`a tenant that ${what} is given up then: ${code}`, async (t) => {
      const fault = await faultOf(t, speak, 2_000);
      assert.equal(fault.code, code);
      assert.equal(fault.details.retryable, false);
      assert.match(fault.message, /timeout/);
    });
  }
});

/** A reset takes along what was not read yet. */
const HEAD_ARRIVES_MS = 500;

const broken: [string, (socket: Socket) => void, string][] = [
  ['hangs up without an answer', (socket) => void socket.end(), 'unavailable'],
  ['resets without an answer', (socket) => void socket.resetAndDestroy(), 'unavailable'],
  ['hangs up in its headers', (socket) => void socket.end('HTTP/1.1 200 OK\r\nx: '), 'unavailable'],
  ['speaks no HTTP', (socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n'), 'unavailable'],
  [
    'answers with a status that is none',
    (socket) => void socket.end('HTTP/1.1 abc OK\r\n\r\n'),
    'unavailable',
  ],
  [
    'says two lengths',
    (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx'),
    'unavailable',
  ],
  [
    'truncates its body',
    (socket) => void socket.end(message('200 OK', { 'content-length': 100 }, '{"access_token":"a"')),
    'bad_response',
  ],
  ['truncates its chunks', (socket) => void socket.end(`${chunked}5\r\n{"a":`), 'bad_response'],
  ['sends chunks that are none', (socket) => void socket.end(`${chunked}xyz\r\n`), 'bad_response'],
  [
    'resets in its body',
    (socket) => {
      socket.write(message('200 OK', { 'content-length': 100 }, '{"a"'));
      setTimeout(() => socket.resetAndDestroy(), HEAD_ARRIVES_MS);
    },
    'bad_response',
  ],
];
for (const [what, speak, code] of broken) {
  it(`a tenant that ${what} is “${code}”, and worth another try`, async (t) => {
    const fault = await faultOf(t, speak);
    assert.equal(fault.code, code);
    assert.equal(fault.details.retryable, true);
    assert.doesNotMatch(fault.message, /timeout/);
  });
}

it('a tenant where nobody listens is unavailable', async (t) => {
  const http = openHttp(t, 'http://127.0.0.1:1');
  await assert.rejects(http.send({ method: 'GET', path: '/' }, AbortSignal.timeout(PATIENCE_MS)), {
    name: 'QlikError',
    code: 'unavailable',
  });
});

it('given that time was up before the call, nothing is sent', async (t) => {
  const tenant = await startRawTenant(t, () => {});
  const http = openHttp(t, tenant.url);
  await assert.rejects(http.send({ method: 'GET', path: '/' }, AbortSignal.abort()), { code: 'unavailable' });
  assert.equal(tenant.received(), '');
});

it('a fault of the transport shows nothing of what was sent or received', async (t) => {
  const speakers = [
    (socket: Socket) => void socket.end('HTTP/1.1 CANARY\r\n\r\n'),
    (socket: Socket) => void socket.end(message('200 OK', { 'content-length': 99, x: 'CANARY' }, 'CANARY')),
    (socket: Socket) => void socket.resetAndDestroy(),
  ];
  for (const speak of speakers) {
    const fault = await faultOf(t, speak);
    const shown = [inspect(fault, { depth: 9, showHidden: true }), JSON.stringify(fault), fault.stack];
    for (const text of [...shown, JSON.stringify(errorFacts(fault))])
      assert.doesNotMatch(String(text), /CANARY/);
  }
});

it('given one answer that is broken, the next call finds the tenant well', async (t) => {
  let calls = 0;
  const tenant = await startRawTenant(t, (socket) => {
    calls += 1;
    if (calls === 1) socket.end(message('200 OK', { 'content-length': 100 }, 'x'));
    else socket.end(message('200 OK', { 'content-length': 2 }, '{}'));
  });
  const http = openHttp(t, tenant.url);
  const send = () => http.send({ method: 'GET', path: '/' }, AbortSignal.timeout(PATIENCE_MS));
  await assert.rejects(send(), { code: 'bad_response' });
  assert.equal((await send()).body, '{}');
});
