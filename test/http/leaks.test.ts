import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestService, SECRET_A, type TestService } from '../support/test-service.ts';
import { until } from '../support/until.ts';

const TOKEN = { path: '/oauth/token' };
const CANARY = 'canary-5f3a9c1e7b';

/** Everything that the service knows and must not tell; the page's own token is checked apart. */
function secrets(service: TestService): string[] {
  return [service.sandbox.impersonationClient.clientSecret, SECRET_A, CANARY];
}

test('no log line at any level and no answer but the token’s own holds a secret or a token', async (t) => {
  const service = await createTestService(t, { env: { TOKEN_DEADLINE: '1s' } });
  const { faults } = service.sandbox;
  const answers: string[] = [];
  const tokens = new Set<string>();
  const cookies: string[] = [];

  async function visit(user: string): Promise<void> {
    const cookie = await service.login(user);
    cookies.push(decodeURIComponent(cookie.split('=')[1] as string));
    for (const [method, url, payload] of [
      ['GET', '/qlik-token'],
      ['POST', '/qlik-token', { rejected: true }],
      ['GET', '/qlik-config'],
      ['GET', '/session'],
      ['GET', `/login?code=${CANARY}&returnTo=/`],
      ['GET', `/nothing?code=${CANARY}`],
      ['POST', '/logout', {}],
    ] as const) {
      const response = await service.fetch({ method, url, cookie, ...(payload && { payload }) });
      if (url === '/qlik-token' && response.statusCode === 200) tokens.add(response.json().access_token);
      else answers.push(JSON.stringify(response.headers) + response.body);
    }
  }

  await visit('ada');
  await until(() => service.entries('token.revoked').length > 0);
  const loud = { errors: [{ code: CANARY, title: CANARY, detail: CANARY, status: '401' }], traceId: CANARY };
  const bodies: [number, unknown][] = [
    [401, loud],
    [401, { error: CANARY, error_description: CANARY }],
    [403, loud],
    [500, loud],
    [429, loud],
    [200, `<h1>${CANARY}</h1>`],
    [200, `{"access_token": ${CANARY}`],
    [200, { access_token: `${CANARY} x`, token_type: 'bearer' }],
  ];
  for (const [status, body] of bodies) {
    const fault = faults.add({
      match: TOKEN,
      effect: { type: 'status', status, headers: { 'x-debug': CANARY }, body },
    });
    await visit('bruno');
    faults.clear(fault.id);
  }
  for (const effect of [{ type: 'reset' }, { type: 'truncated' }, { type: 'hang' }] as const) {
    const fault = faults.add({ match: TOKEN, effect });
    await visit('chiyo');
    faults.clear(fault.id);
  }

  assert.ok(tokens.size >= 1 && service.logged.length > 50 && answers.length > 50);
  const told = [...service.logged, ...answers].join('\n');
  for (const secret of [...secrets(service), ...tokens, ...cookies]) {
    assert.ok(!told.includes(secret), `told: ${secret.slice(0, 20)}…`);
  }
  for (const token of tokens) {
    for (const part of token.split('.')) assert.ok(!told.includes(part));
  }
});

test('a line break in any input stays on one log line', async (t) => {
  const service = await createTestService(t);
  const forged = '\r\n{"level":50,"msg":"forged"}';
  await service.fetch({ url: `/${encodeURIComponent(forged)}`, headers: { 'user-agent': 'x' } });
  await service.fetch({ method: 'POST', url: '/login', payload: { user: forged } });
  await service.fetch({ method: 'POST', url: '/login', payload: { user: 'ada', returnTo: forged } });
  for (const line of service.logged) {
    assert.match(line, /^[^\r\n]*\n?$/);
    assert.notEqual(JSON.parse(line).msg, 'forged');
  }
});

test('an error that nobody foresaw tells the client nothing and the log only where it happened', async (t) => {
  const service = await createTestService(t);
  const cookie = await service.login('ada');
  await service.fetch({ url: '/qlik-token', cookie });
  t.mock.method(Math, 'floor', () => {
    throw new Error(CANARY);
  });
  const response = await service.fetch({ url: '/qlik-token', cookie });
  assert.equal(response.statusCode, 500);
  assert.equal(response.json().code, 'internal_error');
  const [entry] = service.entries('request.failed');
  assert.match(JSON.stringify(entry), /token-answer\.ts/);
  assert.ok(!(service.logged.join('') + response.body).includes(CANARY));
});

test('each request is one log line, with the route instead of the URL; probes are none', async (t) => {
  const service = await createTestService(t, { env: { LOG_LEVEL: 'info' } });
  const cookie = await service.login('ada');
  service.logged.length = 0;
  await service.fetch({ url: '/session?secret=1', cookie });
  await service.fetch({ url: '/livez' });
  await service.fetch({ url: '/readyz' });
  assert.equal(service.logged.length, 1);
  const { method, route, status, requestId } = service.entries('request.completed')[0] ?? {};
  assert.deepEqual([method, route, status], ['GET', '/session', 200]);
  assert.match(String(requestId), /^[0-9a-f-]{36}$/);
});

test('the log line of a request that is refused says why', async (t) => {
  const service = await createTestService(t, { env: { LOG_LEVEL: 'info' } });
  await service.fetch({ url: '/qlik-token', headers: { origin: 'https://evil.example' } });
  await service.fetch({ url: '/livez' });
  await service.fetch({ url: '/qlik-token' });
  assert.deepEqual(
    service.entries('request.completed').map(({ code }) => code),
    ['cross_site_refused', 'session_required'],
  );
});
