import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { type Child, runBuilt } from '../support/child.ts';
import { createQlikUsers } from '../support/qlik-users.ts';
import { freePort, testEnv } from '../support/test-service.ts';
import { until } from '../support/until.ts';

const IMPERSONATION = 'urn:qlik:oauth:user-impersonation';

interface Running {
  readonly child: Child;
  readonly url: string;
  readonly sandbox: Sandbox;
}

async function start(t: TestContext, env: Record<string, string> = {}): Promise<Running> {
  const port = await freePort();
  const sandbox = await createSandbox({ tierTwoPerMinute: 1_000 });
  t.after(() => sandbox.close());
  const usual = await testEnv(sandbox, port);
  const child = runBuilt(t, 'dist/main.js', [], { ...usual, LOG_LEVEL: 'info', ...env });
  await child.printed(/"event":"service.listening"/);
  return { child, url: `http://localhost:${port}`, sandbox };
}

async function login(url: string, user: string): Promise<string> {
  const response = await fetch(`${url}/login`, {
    method: 'POST',
    headers: { 'x-csrf': '1', 'content-type': 'application/json' },
    body: JSON.stringify({ user }),
  });
  return String(response.headers.get('set-cookie')).split(';', 1)[0] as string;
}

/** A connection to the service; ended with the test. */
async function open(t: TestContext, url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

describe('SIGTERM', () => {
  test('in the middle of 50 mints: all are answered, and the process ends with 0', async (t) => {
    const people = Array.from({ length: 50 }, (_, number) => `person-${number}`);
    const folder = mkdtempSync(join(tmpdir(), 'people-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const users = join(folder, 'users.json');
    writeFileSync(users, JSON.stringify(people.map((id) => ({ id }))));
    const { child, url, sandbox } = await start(t, { DEMO_USERS: users, TENANT_CONCURRENCY: '50' });
    await createQlikUsers(sandbox, people);
    const cookies = await Promise.all(people.map((user) => login(url, user)));
    sandbox.faults.add({ match: { path: '/oauth/token' }, effect: { type: 'latency', delayMs: 1_000 } });

    const answers = cookies.map((cookie) =>
      fetch(`${url}/qlik-token`, { headers: { cookie, 'x-csrf': '1' } }),
    );
    await until(() => sandbox.calls.count({ grantType: IMPERSONATION }) === 50);
    child.process.kill('SIGTERM');

    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    assert.deepEqual(statuses, Array(50).fill(200));
    assert.equal(await child.ended(), 0);
    assert.match(child.output(), /"event":"service.stopped"/);
  });

  test('turns /readyz to 503 for SHUTDOWN_DELAY, while requests are still answered', async (t) => {
    const { child, url } = await start(t, { SHUTDOWN_DELAY: '1s' });
    const cookie = await login(url, 'ada');
    assert.equal((await fetch(`${url}/readyz`)).status, 200);
    child.process.kill('SIGTERM');
    await child.printed(/"event":"service.stopping"/);

    const ready = await fetch(`${url}/readyz`);
    assert.deepEqual([ready.status, ((await ready.json()) as { status: string }).status], [503, 'stopping']);
    assert.equal((await fetch(`${url}/livez`)).status, 200);
    assert.equal((await fetch(`${url}/qlik-token`, { headers: { cookie, 'x-csrf': '1' } })).status, 200);
    assert.equal(await child.ended(), 0);
  });

  for (const signal of ['SIGINT', 'SIGHUP'] as const) {
    test(`${signal} does the same: what is under way is answered, and the process ends with 0`, async (t) => {
      const { child, url, sandbox } = await start(t);
      const cookie = await login(url, 'ada');
      sandbox.faults.add({ match: { path: '/oauth/token' }, effect: { type: 'latency', delayMs: 1_000 } });
      const answer = fetch(`${url}/qlik-token`, { headers: { cookie, 'x-csrf': '1' } });
      await until(() => sandbox.calls.count({ grantType: IMPERSONATION }) === 1);
      child.process.kill(signal);
      assert.equal((await answer).status, 200);
      assert.equal(await child.ended(), 0);
      assert.match(child.output(), /"event":"service.stopped"/);
    });
  }

  test('a second one ends the process at once', async (t) => {
    const { child } = await start(t, { SHUTDOWN_DELAY: '10s' });
    child.process.kill('SIGTERM');
    await child.printed(/"event":"service.stopping"/);
    child.process.kill('SIGTERM');
    assert.equal(await child.ended(), 1);
  });

  test('what does not end in SHUTDOWN_TIMEOUT is cut off, with code 1', async (t) => {
    const { child, url, sandbox } = await start(t, {
      TENANT_CONCURRENCY: '1',
      TOKEN_DEADLINE: '1s',
      SHUTDOWN_TIMEOUT: '1001ms',
    });
    const cookies = await Promise.all(['ada', 'bruno', 'chiyo'].map((user) => login(url, user)));
    for (const cookie of cookies) await fetch(`${url}/qlik-token`, { headers: { cookie, 'x-csrf': '1' } });
    sandbox.faults.add({ match: { path: '/oauth/revoke' }, effect: { type: 'hang' } });
    for (const cookie of cookies)
      await fetch(`${url}/logout`, { method: 'POST', headers: { cookie, 'x-csrf': '1' } });
    child.process.kill('SIGTERM');
    assert.equal(await child.ended(), 1);
    assert.match(child.output(), /"event":"service.stop_timed_out"/);
  });

  const unfinished: [string, string][] = [
    ['nothing', ''],
    ['half a head', 'GET /livez HTTP/1.1\r\nHost: local'],
    [
      'half a body',
      'POST /login HTTP/1.1\r\nHost: localhost\r\nX-CSRF: 1\r\nContent-Length: 99\r\n\r\nuser=',
    ],
  ];
  for (const [what, bytes] of unfinished) {
    // Guards against browsers that connect ahead, and load balancers that connect to see who listens.
    test(`ends the process with 0 though a connection has sent ${what}`, async (t) => {
      const { child, url } = await start(t, { TOKEN_DEADLINE: '1s' });
      const socket = await open(t, url);
      socket.write(bytes);
      await fetch(`${url}/livez`);
      child.process.kill('SIGTERM');
      assert.equal(await child.ended(), 0);
      assert.match(child.output(), /"event":"service.stopped"/);
    });
  }

  test('ends an idle connection at once, and one with a request when that is answered', async (t) => {
    const { child, url } = await start(t, {
      KEEP_ALIVE_TIMEOUT: '1h',
      TOKEN_DEADLINE: '50s',
      SHUTDOWN_TIMEOUT: '60s',
    });
    const [idle, busy] = [await open(t, url), await open(t, url)];
    idle.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(idle, 'data');
    const head = 'POST /login HTTP/1.1\r\nHost: localhost\r\nX-CSRF: 1\r\nContent-Type: application/json\r\n';
    busy.write(`${head}Content-Length: 14\r\n\r\n{"user":`);
    await fetch(`${url}/livez`);

    child.process.kill('SIGTERM');
    await once(idle, 'close');
    busy.write('"ada"}');

    const [answer] = await once(busy, 'data');
    assert.match(String(answer), /^HTTP\/1\.1 204 /);
    assert.equal(await child.ended(), 0);
  });
});
