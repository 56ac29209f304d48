import assert from 'node:assert/strict';
import { get, type IncomingMessage } from 'node:http';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { decodeJwt } from 'jose';
import type { FaultEffect } from '../../src/sandbox/faults.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { until } from '../support/until.ts';
import {
  accessToken,
  call,
  codes,
  IMPERSONATION,
  impersonate,
  startSandbox,
  tokenOf,
} from './tenant-client.ts';

const KEYS = '/.well-known/jwks.json';
const HOUR_MS = 3_600_000;

/** A sandbox whose key document meets the effect. */
async function startFaulty(t: Parameters<typeof startSandbox>[0], effect: FaultEffect) {
  const sandbox = await startSandbox(t);
  sandbox.faults.add({ match: { path: KEYS }, effect });
  return { sandbox, url: sandbox.url + KEYS };
}

/** The response's head, its body unread. */
function open(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, resolve).on('error', reject);
  });
}

it('latency delays a request that is then served', async (t) => {
  const { url } = await startFaulty(t, { type: 'latency', delayMs: 80 });
  const before = performance.now();
  assert.equal((await call(url)).status, 200);
  assert.ok(performance.now() - before >= 75);
});

it('a status without a body comes with the error of Qlik for it', async (t) => {
  const { sandbox, url } = await startFaulty(t, { type: 'status', status: 503 });
  const answer = await call(url);
  assert.equal(answer.status, 503);
  assert.deepEqual(codes(answer), ['HTTP-503']);
  assert.equal(sandbox.calls.count({ status: 503 }), 1);
});

it('a status comes with the headers and the body it was given', async (t) => {
  const headers = { 'retry-after': 'Tue, 01 Jan 2030 00:00:00 GMT' };
  const { sandbox, url } = await startFaulty(t, { type: 'status', status: 429, headers });
  const throttled = await call(url);
  assert.equal(throttled.headers.get('retry-after'), headers['retry-after']);
  assert.deepEqual(codes(throttled), ['HTTP-429']);

  const html = {
    type: 'status',
    status: 502,
    body: '<h1>Bad gateway</h1>',
    contentType: 'text/html',
  } as const;
  sandbox.faults.clear();
  sandbox.faults.add({ match: {}, effect: html });
  const page = await call(url);
  assert.deepEqual([page.status, page.text, page.headers.get('content-type')], [502, html.body, 'text/html']);

  const location = 'https://elsewhere.example/';
  sandbox.faults.clear();
  sandbox.faults.add({ match: {}, effect: { type: 'status', status: 302, headers: { location } } });
  const redirect = await call(url);
  assert.deepEqual([redirect.status, redirect.headers.get('location')], [302, location]);

  sandbox.faults.clear();
  sandbox.faults.add({ match: {}, effect: { type: 'status', status: 200, body: [null] } });
  assert.deepEqual((await call(url)).json(), [null]);
});

it('a reset ends the connection without an answer', async (t) => {
  const { sandbox, url } = await startFaulty(t, { type: 'reset' });
  await assert.rejects(open(url), { code: 'ECONNRESET' });
  assert.deepEqual(
    sandbox.calls.list().map((entry) => entry.status),
    [0],
  );
});

it('a hang answers nothing', async (t) => {
  const { sandbox, url } = await startFaulty(t, { type: 'hang' });
  const leaving = new AbortController();
  const answer = fetch(url, { signal: leaving.signal });
  await until(() => sandbox.calls.count() === 1);
  assert.equal(await Promise.race([answer, delay(150, 'nothing')]), 'nothing');
  leaving.abort();
  await assert.rejects(answer, { name: 'AbortError' });
  assert.deepEqual(
    sandbox.calls.list().map((entry) => entry.status),
    [0],
  );
});

it('a drip sends its body byte by byte', async (t) => {
  const { url } = await startFaulty(t, { type: 'drip', everyMs: 10 });
  const response = await open(url);
  assert.equal(response.statusCode, 200);
  const chunks: Buffer[] = [];
  for await (const chunk of response) {
    chunks.push(chunk);
    if (chunks.length === 5) break;
  }
  assert.match(Buffer.concat(chunks).toString(), /^\{"access_token":"a+$/);
});

it('an endless body is there as fast as it is read', async (t) => {
  const { url } = await startFaulty(t, { type: 'endless' });
  let size = 0;
  for await (const chunk of await open(url)) {
    size += chunk.length;
    if (size > 20_000_000) break;
  }
  assert.ok(size > 20_000_000);
});

it('a huge body is valid JSON of exactly its size', async (t) => {
  const { url } = await startFaulty(t, { type: 'huge', bytes: 1_000_001 });
  const answer = await call(url);
  assert.equal(answer.text.length, 1_000_001);
  assert.equal(answer.headers.get('content-length'), '1000001');
  assert.match(String(answer.json().access_token), /^a+$/);
});

it('a gzip bomb is small on the wire and unpacks to exactly its size', async (t) => {
  const { url } = await startFaulty(t, { type: 'gzipBomb', bytes: 50_000_000 });
  const response = await open(url);
  assert.equal(response.headers['content-encoding'], 'gzip');
  const packed: Buffer[] = [];
  for await (const chunk of response) packed.push(chunk);
  const wire = Buffer.concat(packed);
  assert.ok(wire.length < 100_000, `${wire.length} bytes on the wire`);
  const gunzip = createGunzip();
  gunzip.end(wire);
  let size = 0;
  for await (const chunk of gunzip) size += chunk.length;
  assert.equal(size, 50_000_000);
});

it('a truncated body ends before its length', async (t) => {
  const { url } = await startFaulty(t, { type: 'truncated' });
  const response = await open(url);
  const received: Buffer[] = [];
  await assert.rejects(
    async () => {
      for await (const chunk of response) received.push(chunk);
    },
    { code: 'ECONNRESET' },
  );
  assert.equal(response.headers['content-length'], '2048');
  assert.equal(Buffer.concat(received).toString(), '{"access_token":"');
});

it('a token answer can have its access_token twice, of which the last is broken', async (t) => {
  const sandbox = await startSandbox(t);
  sandbox.faults.add({ match: {}, effect: { type: 'duplicateKeys' } });
  const answer = await impersonate(sandbox, 'subject', 'ada');
  const [first = '', last = ''] = [...answer.text.matchAll(/"access_token":"([^"]+)"/g)].map(
    (match) => match[1],
  );
  assert.equal(accessToken(answer), last);
  const status = async (token: string) => (await call(`${sandbox.url}/api/v1/users/me`, { token })).status;
  assert.deepEqual([await status(first), await status(last)], [200, 401]);
});

it('a token answer can be patched: odd lifetimes, deleted keys', async (t) => {
  const sandbox = await startSandbox(t);
  for (const expiresIn of [0, -1, '3600', 1e12]) {
    sandbox.faults.add({
      match: {},
      times: 1,
      effect: { type: 'tokenAnswer', patch: { expires_in: expiresIn } },
    });
    assert.equal((await impersonate(sandbox, 'subject', 'ada')).json().expires_in, expiresIn);
  }
  const patch = { expires_in: null, expires_at: null, token_type: 'Bearer' };
  sandbox.faults.add({ match: {}, times: 1, effect: { type: 'tokenAnswer', patch } });
  const keys = Object.keys((await impersonate(sandbox, 'subject', 'ada')).json());
  assert.deepEqual(keys, ['access_token', 'token_type', 'scope']);
  assert.equal((await impersonate(sandbox, 'subject', 'ada')).json().expires_in, 21_600);
});

it('a token can be made out for somebody else than was asked for', async (t) => {
  const sandbox = await startSandbox(t);
  const bruno = sandbox.users.find((user) => user.subject === 'bruno');
  sandbox.faults.add({
    match: { subject: 'ada' },
    effect: { type: 'jwtClaims', patch: { sub: bruno?.id, exp: null } },
  });
  const token = await tokenOf(sandbox, 'ada');
  assert.equal(decodeJwt(token).sub, bruno?.id);
  assert.equal(decodeJwt(token).exp, undefined);
  assert.equal((await call(`${sandbox.url}/api/v1/users/me`, { token })).json().subject, 'bruno');
});

it('a token of another issuer or audience is refused', async (t) => {
  const sandbox = await startSandbox(t);
  for (const patch of [{ iss: 'https://elsewhere.example' }, { aud: 'elsewhere' }, { jti: null }]) {
    sandbox.faults.add({ match: {}, times: 1, effect: { type: 'jwtClaims', patch } });
    const token = await tokenOf(sandbox, 'ada');
    assert.equal(
      (await call(`${sandbox.url}/api/v1/users/me`, { token })).status,
      401,
      JSON.stringify(patch),
    );
  }
});

it("delays and changes of the token add up, and the first answer in the tenant's place ends it", async (t) => {
  const sandbox = await startSandbox(t);
  const { faults } = sandbox;
  faults.add({ match: {}, effect: { type: 'latency', delayMs: 40 } });
  faults.add({ match: {}, effect: { type: 'latency', delayMs: 40 } });
  faults.add({ match: {}, effect: { type: 'tokenAnswer', patch: { expires_in: 7 } } });
  const before = performance.now();
  assert.equal((await impersonate(sandbox, 'subject', 'ada')).json().expires_in, 7);
  assert.ok(performance.now() - before >= 75);
  faults.add({ match: {}, times: 1, effect: { type: 'status', status: 500 } });
  const last = faults.add({ match: {}, times: 1, effect: { type: 'status', status: 502 } });
  assert.equal((await impersonate(sandbox, 'subject', 'ada')).status, 500);
  assert.equal(faults.list().find(({ id }) => id === last.id)?.remaining, 1);
  assert.equal((await impersonate(sandbox, 'subject', 'ada')).status, 502);
  assert.equal((await impersonate(sandbox, 'subject', 'ada')).status, 200);
});

it('a fault meets only what it matches', async (t) => {
  const sandbox = await startSandbox(t);
  const { faults } = sandbox;
  const token = await tokenOf(sandbox, 'ada');
  const effect = { type: 'status', status: 500 } as const;
  const statuses = async () => [
    (await impersonate(sandbox, 'subject', 'ada')).status,
    (await impersonate(sandbox, 'subject', 'bruno')).status,
    (await call(`${sandbox.url}/api/v1/users/me`, { token })).status,
    (await call(`${sandbox.url}/api/v1/spaces`, { token, method: 'OPTIONS' })).status,
    (await call(sandbox.url + KEYS)).status,
  ];
  const met = async (match: Parameters<typeof faults.add>[0]['match']) => {
    faults.clear();
    faults.add({ match, effect });
    return (await statuses()).map((status) => status === 500);
  };
  assert.deepEqual(await met({ subject: 'ada' }), [true, false, false, false, false]);
  assert.deepEqual(await met({ grantType: IMPERSONATION }), [true, true, false, false, false]);
  assert.deepEqual(await met({ grantType: 'client_credentials' }), [false, false, false, false, false]);
  assert.deepEqual(await met({ path: '/api/v1/*' }), [false, false, true, false, false]);
  assert.deepEqual(await met({ path: '/api/v1' }), [false, false, false, false, false]);
  assert.deepEqual(await met({ method: 'GET' }), [false, false, true, false, true]);
  assert.deepEqual(await met({ method: 'OPTIONS' }), [false, false, false, true, false]);
  assert.deepEqual(await met({ method: 'POST', path: '/oauth/token', subject: 'bruno' }), [
    false,
    true,
    false,
    false,
    false,
  ]);
});

it('changes of the token are not used up by other requests', async (t) => {
  const sandbox = await startSandbox(t);
  sandbox.faults.add({ match: {}, times: 1, effect: { type: 'tokenAnswer', patch: { scope: 'x' } } });
  await call(sandbox.url + KEYS);
  assert.equal((await impersonate(sandbox, 'subject', 'ada')).json().scope, 'x');
});

it('closing ends what hangs, drips, waits or never ends', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
  const sandbox = await createSandbox();
  const timersBefore = timers();
  const effects: FaultEffect[] = [
    { type: 'hang' },
    { type: 'drip' },
    { type: 'endless' },
    { type: 'latency', delayMs: HOUR_MS },
  ];
  const pending = effects.map(async (effect) => {
    sandbox.faults.add({ match: { path: `/${effect.type}` }, effect });
    const response = await open(`${sandbox.url}/${effect.type}`);
    for await (const _ of response) await delay(5);
  });
  const ends = Promise.allSettled(pending);
  await until(() => sandbox.calls.count() === effects.length);
  await sandbox.close();
  await ends;
  assert.ok(timers() <= timersBefore, 'a timer was left behind');
});
