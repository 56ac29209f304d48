import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { sendRaw } from '../support/raw-http.ts';
import { call, type Json, startSandbox } from './tenant-client.ts';

const FAULT = { match: { path: '/.well-known/jwks.json' }, effect: { type: 'status', status: 503 } };

function control(sandbox: Sandbox, method: string, body?: unknown, path = '') {
  const headers = { 'x-sandbox': '1' };
  const url = `${sandbox.url}/sandbox/faults${path}`;
  return call(url, { method, headers, ...(body === undefined ? {} : { body }) });
}

it('a fault is posted, listed, in force, and cleared', async (t) => {
  const sandbox = await startSandbox(t);
  const posted = await control(sandbox, 'POST', { ...FAULT, times: 3 });
  assert.equal(posted.status, 201);
  const keys = () => call(`${sandbox.url}/.well-known/jwks.json`);
  assert.equal((await keys()).status, 503);
  const expected = { ...FAULT, times: 3, remaining: 2, id: posted.json().id };
  assert.deepEqual((await control(sandbox, 'GET')).json(), [expected]);
  assert.deepEqual(sandbox.faults.list(), [expected]);
  assert.equal((await control(sandbox, 'DELETE')).status, 204);
  assert.deepEqual(sandbox.faults.list(), []);
  assert.equal((await keys()).status, 200);
});

it('one fault can be cleared alone', async (t) => {
  const sandbox = await startSandbox(t);
  const one = await control(sandbox, 'POST', FAULT);
  const two = await control(sandbox, 'POST', FAULT);
  assert.equal((await control(sandbox, 'DELETE', undefined, `/${one.json().id}`)).status, 204);
  assert.deepEqual(
    sandbox.faults.list().map((fault) => fault.id),
    [two.json().id],
  );
});

it('a fault with an end is over then', async (t) => {
  let now = 1_000_000;
  const sandbox = await startSandbox(t, { now: () => now });
  await control(sandbox, 'POST', { ...FAULT, forMs: 10_000 });
  now += 9_999;
  assert.equal(sandbox.faults.list().length, 1);
  now += 1;
  assert.deepEqual(sandbox.faults.list(), []);
  assert.equal((await call(`${sandbox.url}${FAULT.match.path}`)).status, 200);
});

it('without the header every call is a 403', async (t) => {
  const sandbox = await startSandbox(t);
  const url = `${sandbox.url}/sandbox/faults`;
  for (const headers of [{}, { 'x-sandbox': '0' }]) {
    assert.equal((await call(url, { method: 'POST', headers, body: FAULT })).status, 403);
    assert.equal((await call(url, { headers })).status, 403);
    assert.equal((await call(url, { method: 'DELETE', headers })).status, 403);
  }
  assert.deepEqual(sandbox.faults.list(), []);
});

it('the control endpoint meets no fault itself, and is not in the call log', async (t) => {
  const sandbox = await startSandbox(t);
  await control(sandbox, 'POST', { match: {}, effect: { type: 'hang' } });
  assert.equal((await control(sandbox, 'DELETE')).status, 204);
  assert.equal(sandbox.calls.count(), 0);
});

it('every effect can be posted', async (t) => {
  const sandbox = await startSandbox(t);
  const effects: Json[] = [
    { type: 'latency', delayMs: 5 },
    {
      type: 'status',
      status: 502,
      headers: { 'retry-after': '3' },
      body: '<html>',
      contentType: 'text/html',
    },
    { type: 'status', status: 200, body: { any: ['thing'] } },
    { type: 'reset' },
    { type: 'hang' },
    { type: 'drip' },
    { type: 'drip', everyMs: 10 },
    { type: 'endless' },
    { type: 'huge', bytes: 100_000_000 },
    { type: 'gzipBomb', bytes: 100_000_000 },
    { type: 'truncated' },
    { type: 'duplicateKeys' },
    { type: 'tokenAnswer', patch: { expires_in: null } },
    { type: 'jwtClaims', patch: { sub: 'x' } },
  ];
  for (const effect of effects) {
    const posted = await control(sandbox, 'POST', { match: {}, effect });
    assert.equal(posted.status, 201, `${JSON.stringify(effect)} ${posted.text}`);
    assert.deepEqual(posted.json().effect, effect);
  }
});

it('a fault that makes no sense is a 400', async (t) => {
  const sandbox = await startSandbox(t);
  const effect = { type: 'hang' };
  const faults: unknown[] = [
    {},
    { match: {} },
    { match: {}, effect: {} },
    { match: {}, effect: { type: 'toString' } },
    { match: {}, effect: { type: 'latency' } },
    { match: {}, effect: { type: 'latency', delayMs: '5' } },
    { match: {}, effect: { type: 'hang', delayMs: 5 } },
    { match: {}, effect: { type: 'status', status: 99 } },
    { match: {}, effect, times: 0 },
    { match: { url: '/' }, effect },
    { match: { path: 7 }, effect },
  ];
  for (const fault of faults) {
    assert.equal((await control(sandbox, 'POST', fault)).status, 400, JSON.stringify(fault));
  }
  assert.deepEqual(sandbox.faults.list(), []);
});

it('the control endpoint answers only under a name of this machine', async (t) => {
  const sandbox = await startSandbox(t);
  const { port } = new URL(sandbox.url);
  const status = async (host: string, path: string) => {
    const head = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nX-Sandbox: 1\r\nConnection: close\r\n\r\n`;
    return Number((await sendRaw(Number(port), head)).split(' ', 2)[1]);
  };
  for (const path of ['/sandbox/faults', '/sandbox/calls']) {
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, '127.0.0.2', `[::1]:${port}`, 'LOCALHOST'])
      assert.equal(await status(host, path), 200, host);
    for (const host of [
      `evil.example:${port}`,
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '10.0.0.1',
      '',
    ])
      assert.equal(await status(host, path), 403, host);
  }
});
