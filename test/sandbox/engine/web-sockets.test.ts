import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { it } from 'node:test';
import { sendRaw } from '../../support/raw-http.ts';
import { until } from '../../support/until.ts';
import { adminToken, call, startSandbox, tokenOf } from '../tenant-client.ts';
import { APP, errorCode, exchangedToken, openEngine, result } from './socket-client.ts';

const PORTAL = 'http://portal.example';
const OTHER_APP = '2e1b8d63-7e4c-4f90-8b32-1d6e8fac4b52';

for (const [subject, total] of [
  ['ada', '1570000'],
  ['bruno', '1674700'],
  ['chiyo', '3244700'],
  ['dana', '1088300'],
] as const) {
  it(`${subject} gets the sum of the rows that ${subject} may see`, async (t) => {
    const sandbox = await startSandbox(t);
    const engine = await openEngine(t, sandbox, { token: await tokenOf(sandbox, subject) });
    await engine.call(-1, 'OpenDoc', [APP]);
    assert.equal(result(await engine.call(1, 'Evaluate', ['Sum(Sales)']), 'qReturn'), total);
    assert.equal(sandbox.calls.count({ path: `/app/${APP}`, status: 101, subject }), 1);
  });
}

it('a page opens it with an exchanged token, from an origin that the client allows', async (t) => {
  const sandbox = await startSandbox(t, { allowedOrigins: [PORTAL] });
  const exchanged = await exchangedToken(sandbox, await tokenOf(sandbox, 'ada'), PORTAL);
  await openEngine(t, sandbox, { exchanged, origin: PORTAL, path: `/app/${APP}/identity/x/ttl/5` });
  for (const origin of ['http://evil.example', 'null', `${PORTAL}:81`]) {
    await assert.rejects(openEngine(t, sandbox, { exchanged, origin }), /HTTP 403/);
  }
});

it('a token for something else, a forged one, or none is refused with 401', async (t) => {
  const sandbox = await startSandbox(t, { allowedOrigins: [PORTAL] });
  const token = await tokenOf(sandbox, 'ada');
  const exchanged = await exchangedToken(sandbox, token, PORTAL);
  const revoked = await tokenOf(sandbox, 'ada');
  await call(`${sandbox.url}/oauth/revoke`, { method: 'POST', body: { token: revoked } });
  for (const wrong of [
    {},
    { exchanged: token },
    { token: exchanged },
    { token: `${token.slice(0, -4)}AAAA` },
    { token: revoked },
    { token, exchanged: 'x' },
  ]) {
    await assert.rejects(openEngine(t, sandbox, wrong), /HTTP 401/, JSON.stringify(Object.keys(wrong)));
  }
  assert.equal(sandbox.calls.count({ path: '/app/*', status: 401 }), 6);
});

it('an app that is not there, or not seen, closes the socket with its code when it is asked for', async (t) => {
  const sandbox = await startSandbox(t);
  const token = await tokenOf(sandbox, 'ada');
  for (const [id, code] of [
    [OTHER_APP, 4203],
    ['nowhere', 4204],
  ] as const) {
    const engine = await openEngine(t, sandbox, { token, path: `/app/${id}` });
    engine.socket.send('{}');
    assert.equal(await engine.closed(), code);
  }
  for (const path of ['/app/', '/app/a/b', '/api/v1/users/me', '/']) {
    await assert.rejects(openEngine(t, sandbox, { token, path }), /HTTP 404/);
  }
});

it('revoking a token ends its sockets with 4006, also those of tokens exchanged for it, and no others', async (t) => {
  const sandbox = await startSandbox(t, { allowedOrigins: [PORTAL] });
  const [token, other] = [await tokenOf(sandbox, 'ada'), await tokenOf(sandbox, 'ada')];
  const exchanged = await exchangedToken(sandbox, token, PORTAL);
  const direct = await openEngine(t, sandbox, { token });
  const page = await openEngine(t, sandbox, { exchanged, origin: PORTAL });
  const untouched = await openEngine(t, sandbox, { token: other });
  await call(`${sandbox.url}/oauth/revoke`, { method: 'POST', body: { token } });
  assert.deepEqual(await Promise.all([direct.closed(), page.closed()]), [4006, 4006]);
  assert.equal(errorCode(await untouched.call(-1, 'OpenDoc', [APP])), undefined);
});

it('a user who is disabled gets nothing more', async (t) => {
  const sandbox = await startSandbox(t);
  const engine = await openEngine(t, sandbox, { token: await tokenOf(sandbox, 'ada') });
  const url = `${sandbox.url}/api/v1/users/${sandbox.users[0]?.id}`;
  const body = [{ op: 'replace', path: '/status', value: 'disabled' }];
  assert.equal((await call(url, { method: 'PATCH', token: await adminToken(sandbox), body })).status, 204);
  await assert.rejects(engine.call(-1, 'OpenDoc', [APP]), /closed 4006/);
});

it('a user whose groups change sees other rows', async (t) => {
  const sandbox = await startSandbox(t);
  const engine = await openEngine(t, sandbox, { token: await tokenOf(sandbox, 'dana') });
  await engine.call(-1, 'OpenDoc', [APP]);
  const url = `${sandbox.url}/api/v1/users/${sandbox.users[3]?.id}`;
  const value = [{ name: 'EMEA Sales', providerType: 'custom' }];
  const body = [{ op: 'replace', path: '/assignedGroups', value }];
  await call(url, { method: 'PATCH', token: await adminToken(sandbox), body });
  assert.equal(result(await engine.call(1, 'Evaluate', ['Sum(Sales)']), 'qReturn'), '1570000');
});

it('garbage gets an error or ends the socket, and others go on', async (t) => {
  const sandbox = await startSandbox(t);
  const token = await tokenOf(sandbox, 'ada');
  const witness = await openEngine(t, sandbox, { token });
  const text = await openEngine(t, sandbox, { token });
  assert.equal(errorCode(await text.exchange('\u0000{')), -32700);
  assert.equal(errorCode(await text.call(-1, 'OpenDoc', [APP])), undefined);

  const binary = await openEngine(t, sandbox, { token });
  binary.socket.send(Buffer.from([1, 2, 3]));
  assert.equal(await binary.closed(), 1003);

  const long = await openEngine(t, sandbox, { token });
  long.socket.send('x'.repeat(300_000));
  assert.equal(await long.closed(), 1009);

  const port = Number(new URL(sandbox.url).port);
  const head = `GET /app/${APP} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`;
  const answer = await sendRaw(port, `${head}Authorization: Bearer ${token}\r\n\r\n`);
  assert.match(answer, /^HTTP\/1\.1 400 /);
  assert.equal(errorCode(await witness.call(-1, 'OpenDoc', [APP])), undefined);
});

it('faults meet the upgrade: a status, a reset, a delay, and no answer until the sandbox ends', async (t) => {
  const sandbox = await startSandbox(t);
  const token = await tokenOf(sandbox, 'ada');
  const match = { path: '/app/*' };
  sandbox.faults.add({ match, times: 1, effect: { type: 'status', status: 503 } });
  await assert.rejects(openEngine(t, sandbox, { token }), /HTTP 503/);
  for (const type of ['reset', 'endless'] as const) {
    sandbox.faults.add({ match, times: 1, effect: { type } });
    await assert.rejects(openEngine(t, sandbox, { token }), /ECONNRESET|hang up/);
  }
  sandbox.faults.add({ match, times: 1, effect: { type: 'latency', delayMs: 80 } });
  const before = performance.now();
  await openEngine(t, sandbox, { token });
  assert.ok(performance.now() - before >= 75);

  sandbox.faults.add({ match, times: 1, effect: { type: 'hang' } });
  const waiting = connect(Number(new URL(sandbox.url).port), '127.0.0.1');
  t.after(() => waiting.destroy());
  waiting.on('error', () => {});
  waiting.write(`GET /app/${APP} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  await until(() => sandbox.faults.list().length === 0);
  void sandbox.close();
  await until(() => waiting.closed);
});

it('closing the sandbox ends the sockets', async (t) => {
  const sandbox = await startSandbox(t);
  const engine = await openEngine(t, sandbox, { token: await tokenOf(sandbox, 'ada') });
  await sandbox.close();
  assert.equal(await engine.closed(), 1006);
});
